package net

import "trapline/internal/transition"

// ConnState is the state of a connection. A TCP socket in FIN_WAIT1 is in FIN_WAIT2 at
// once, and one in LAST_ACK, CLOSING or TIME_WAIT is closed.
type ConnState uint8

const (
	Closed ConnState = iota
	Listening
	Connecting // TCP, SYN_SENT: the listener has no room
	Connected
	FinWait   // TCP: it will send no more
	CloseWait // TCP: the other end will send no more
)

func (s ConnState) String() string {
	return [...]string{"CLOSE", "LISTEN", "SYN_SENT", "ESTABLISHED", "FIN_WAIT2", "CLOSE_WAIT"}[s]
}

// tcpStates lists which state of a TCP socket may follow which (RFC 9293, 3.3.2).
var tcpStates = transition.Table[ConnState]{
	Closed:     {Closed, Listening, Connecting, Connected}, // closed: refused at once
	Listening:  {Listening, Closed},                        // listening: with another backlog
	Connecting: {Connected, Closed},
	Connected:  {FinWait, CloseWait, Closed},
	FinWait:    {Closed},
	CloseWait:  {Closed},
}

// otherStates are those of UDP and AF_UNIX: SS_UNCONNECTED, listening, SS_CONNECTED. Who is connected may be
// connected to another.
var otherStates = transition.Table[ConnState]{
	Closed:     {Closed, Listening, Connected},
	Listening:  {Listening, Closed},
	Connecting: {},
	Connected:  {Connected, Closed},
	FinWait:    {},
	CloseWait:  {},
}

func (s *Socket) become(to ConnState) {
	if s.IsTCP() {
		s.state = tcpStates.Next("linux: a TCP socket", s.state, to)
	} else {
		s.state = otherStates.Next("linux: a socket", s.state, to)
	}
}

// State is the state of the socket's connection.
func (s *Socket) State() ConnState { return s.state }

// connectPhase is what connect(2) makes of a TCP socket.
type connectPhase uint8

const (
	notConnected connectPhase = iota
	connectPending
	connectDone
	connectBroken // shut down before it was there
)

func (p connectPhase) String() string {
	return [...]string{"not connected", "connecting", "connected", "broken"}[p]
}

// connectPhases lists which phase may follow which.
var connectPhases = transition.Table[connectPhase]{
	notConnected:   {notConnected, connectPending, connectDone}, // done: a listener has made it
	connectPending: {connectDone, connectBroken, notConnected},
	connectDone:    {notConnected},
	connectBroken:  {notConnected},
}

func (s *Socket) connects(to connectPhase) {
	s.phase = connectPhases.Next("linux: a connect", s.phase, to)
}
