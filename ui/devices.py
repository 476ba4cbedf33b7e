"""What a person calls the browser and device that a User-Agent stands for."""

# The first that is found counts: most browsers also claim to be those below them.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Vivaldi": "Vivaldi",
    "SamsungBrowser": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device(agent: str) -> str:
    """Firefox on Linux; what is no browser by its own first word."""
    browser = _first(BROWSERS, agent)
    system = _first(SYSTEMS, agent)
    if browser:
        return f"{browser} on {system}" if system else browser
    return agent.split("/")[0].split(" ")[0][:40] or "Unknown device"


def _first(names: dict[str, str], agent: str) -> str:
    return next((name for mark, name in names.items() if mark in agent), "")
