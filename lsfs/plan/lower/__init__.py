"""From actions to steps, a module for each family of actions.

`Draft` holds what a plan comes to so far: steps on an overlay tree, their effects as people read them, and what was
left out and why.  Each module has a function for each of its actions, which takes the draft and the action.
"""
