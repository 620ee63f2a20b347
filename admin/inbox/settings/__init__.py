"""Settings of the inbox, a page each."""

from admin.inbox.settings import calendars, contact, knowledge, remedies, surveys, targets, teams, templates

handlers = [
    *calendars.handlers,
    *targets.handlers,
    *teams.handlers,
    *remedies.handlers,
    *contact.handlers,
    *templates.handlers,
    *knowledge.handlers,
    *surveys.handlers,
]
