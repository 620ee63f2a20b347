"""Which reviews may be shown: by a policy that knows neither stars nor sentiment, and by people."""
