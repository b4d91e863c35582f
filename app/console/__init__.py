"""The thin layer over Flask-AppBuilder: guarded views, steps as buttons, lists, selects, sign-in (`docs/design.md`)."""
