"""Chinese first: the sentences of the product are their own message ids.

A sentence that stands in a table, an enum or a module that works without an application is marked with `N_`, so
that it is found for translation, and put into the reader's language by `flask_babel.gettext` where it is shown.
"""


def N_(sentence: str) -> str:  # noqa: N802 - the customary name of the marker, known to the extractor
    """Mark `sentence` for translation and give it back unchanged."""
    return sentence
