"""The threads of the story, each told by a function that adds its steps."""
