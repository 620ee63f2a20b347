"""Settings of the inbox: calendars, targets, teams, remedies, customers, surveys."""

from admin.inbox.settings import calendars, contact, remedies, surveys, targets, teams

handlers = [
    *calendars.handlers,
    *targets.handlers,
    *teams.handlers,
    *remedies.handlers,
    *contact.handlers,
    *surveys.handlers,
]
