// The library: everything that a program needs to read, query and show sockets, under one name.

@_exported public import Inspection
@_exported public import Query
@_exported public import Rendering
@_exported public import SocketModel
@_exported public import Text
@_exported public import Tracking
