"""Jobs run inside the organization that their arguments name."""

from procrastinate import App


def install(app: App) -> None:
    """Called by procrastinate when its app is ready."""
