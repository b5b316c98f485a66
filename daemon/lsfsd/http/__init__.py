"""The door of HTTP/1.1 and JSON on a Unix socket.

`binding` ties the routes of `lsfs.rpc.routes` to methods of the engine, `app` serves them, `gate` turns away who is
not meant, `lanes` are the threads in which the engine is called, `server` is uvicorn without its clock.
"""
