"""What the processes say about themselves: figures for Prometheus, and traces."""
