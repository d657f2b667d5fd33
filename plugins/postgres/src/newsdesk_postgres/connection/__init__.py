"""How the server is reached: its address, the pool of connections, and what their errors mean.

May import `errors`.
"""
