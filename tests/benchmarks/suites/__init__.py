"""One module a subject; every module in here is loaded, and its functions with @benchmark are run."""
