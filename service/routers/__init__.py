"""HTTP routes under ``/api/v1`` and the pages; every module has a ``router`` that the app includes."""
