"""One exchange with an agent that is not ours: the request, the reply, the conversation."""
