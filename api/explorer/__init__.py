"""The explorer: what a browser opens. Its sources are in `api/web`, built into `static/`."""
