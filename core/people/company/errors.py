"""Why the company's sign-in lets nobody in."""

from core.errors import DomainError, Kind


class CompanyRefused(DomainError):
    """What came back proves nothing: each reason is in `detail`, for the log alone."""

    code = "company_sign_in_refused"
    kind = Kind.UNAUTHENTICATED
    title = "The company's sign-in did not let you in"


class CompanyUnavailable(DomainError):
    """The provider does not answer, or not as the specification says."""

    code = "company_sign_in_unavailable"
    kind = Kind.UNAVAILABLE
    title = "The company's sign-in cannot be reached"


class CompanyUnknown(DomainError):
    """This shop has no such sign-in, or there is no such shop: never told apart."""

    code = "company_sign_in_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no sign-in with a company account"


class ProviderUnfit(DomainError):
    """The settings name no provider."""

    code = "company_provider_unfit"
    kind = Kind.INVALID
    title = "These are no settings of an OpenID provider"
