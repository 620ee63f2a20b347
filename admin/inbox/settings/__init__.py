"""Settings of the inbox, a page each."""

from admin.inbox.settings import calendars, contact, knowledge, remedies, surveys, targets, teams

handlers = [
    *calendars.handlers,
    *targets.handlers,
    *teams.handlers,
    *remedies.handlers,
    *contact.handlers,
    *knowledge.handlers,
    *surveys.handlers,
]
