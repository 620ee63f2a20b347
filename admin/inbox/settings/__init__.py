"""Settings of the inbox: calendars, targets, teams, remedies, customers."""

from admin.inbox.settings import calendars, contact, remedies, targets, teams

handlers = [*calendars.handlers, *targets.handlers, *teams.handlers, *remedies.handlers, *contact.handlers]
