"""The word `pi` of cloudmesh; there is no `cloudmesh/__init__.py`: others bring words, too."""
