"""Artifacts leave the controller once: hosts pass them on to each other while they arrive."""
