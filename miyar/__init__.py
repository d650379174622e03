"""The one command: mounts the stages, runs the whole journey, turns errors into exit codes."""
