"""Settings of the inbox: calendars, targets, teams, remedies."""

from admin.inbox.settings import calendars, remedies, targets, teams

handlers = [*calendars.handlers, *targets.handlers, *teams.handlers, *remedies.handlers]
