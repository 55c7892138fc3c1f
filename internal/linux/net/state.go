package net

import (
	"slices"
	"unsafe"

	"trapline/internal/emu"
	"trapline/internal/linux/state"
)

// SocketKind is the kind of objects that sockets are.
var SocketKind = state.Kind[Socket]{Reach: (*Socket).reach, Hash: (*Socket).hash, Own: (*Socket).own, Bytes: (*Socket).held}

// Save is what changes of the stack, beside the sockets themselves.
func (ns *Stack) Save() State {
	s := ns.State
	s.own()
	return s
}

// Restore brings a saved one back.
func (ns *Stack) Restore(s State) {
	s.own()
	ns.State = s
}

func (s *State) own() { s.Sockets, s.held = slices.Clone(s.Sockets), slices.Clone(s.held) }

// Visit numbers the sockets.
func (ns *Stack) Visit(o *state.Objects) {
	for _, s := range ns.Sockets {
		state.Visit(o, s)
	}
}

// HashClocks feeds until when ports are held.
func (ns *Stack) HashClocks(h *emu.Hasher) {
	for _, p := range ns.held {
		h.Uint64(p.until)
	}
}

// Hash feeds which sockets and held ports there are. Counts of wakes are clocks.
func (ns *Stack) Hash(h *emu.Hasher, o *state.Objects) {
	if ns.lastSocket == 0 && len(state.All[Socket](o))+len(ns.held)+ns.SocketBytes+int(ns.lastName)+int(ns.lastPort) == 0 {
		return
	}
	state.Words(h, ns.lastSocket, uint64(ns.lastName), uint64(ns.lastPort), uint64(ns.SocketBytes), uint64(len(ns.Sockets)), uint64(len(ns.held)))
	for _, s := range ns.Sockets {
		h.Uint64(state.Number(o, s))
	}
	for _, p := range ns.held {
		p.hash(h)
		p.remote.hash(h)
	}
}

func (p *portHolder) hash(h *emu.Hasher) {
	h.Bytes(p.ip[:])
	state.Words(h, uint64(p.family), uint64(p.kind), uint64(p.port))
	for _, b := range []bool{p.v6only, p.reuse, p.reusePort, p.listens} {
		h.Bool(b)
	}
}

func (n *Name) hash(h *emu.Hasher) {
	h.Bool(n.Named)
	h.String(n.Path)
	h.Bytes(n.IP[:])
	h.Uint64(uint64(n.Port))
}

func (c *Credentials) hash(h *emu.Hasher) {
	state.Words(h, uint64(c.PID), uint64(c.UID), uint64(c.GID))
}

func (s *Socket) hash(h *emu.Hasher, o *state.Objects) {
	state.Words(h, uint64(s.Family), uint64(s.Kind), uint64(s.Protocol), s.Ino, uint64(s.state), uint64(s.phase), uint64(s.Bound),
		uint64(s.backlogMax), uint64(s.Err), uint64(s.Sent), uint64(s.queued), state.Number(o, s.Peer), uint64(len(s.Queue)), uint64(len(s.Backlog)),
		uint64(len(s.waiting)))
	for _, b := range []bool{s.child, s.fixedIP, s.NoReceive, s.noSend, s.ended, s.finUnread, s.dead} {
		h.Bool(b)
	}
	if s.noSpace {
		h.Bool(true)
	}
	if m := &s.moved; *m != (transferred{}) {
		state.Words(h, m.sent, m.received, uint64(m.out), uint64(m.in))
		h.Bool(m.fin)
	}
	if n := &s.netlink; *n != (netlink{}) {
		state.Words(h, uint64(n.port), uint64(n.to), uint64(n.groups), uint64(n.toGroup), uint64(n.options))
		h.Bool(n.bound)
	}
	s.Local.hash(h)
	s.Remote.hash(h)
	s.Cred.hash(h)
	s.Opts.hash(h)
	for i := range s.Queue {
		s.Queue[i].hash(h, o)
	}
	for _, c := range s.Backlog {
		h.Uint64(state.Number(o, c))
	}
	for _, c := range s.waiting {
		h.Uint64(state.Number(o, c))
	}
}

func (p *Packet) hash(h *emu.Hasher, o *state.Objects) {
	h.Bytes(p.Data)
	p.from.hash(h)
	p.cred.hash(h)
	state.Words(h, state.Number(o, p.By), uint64(p.weight), uint64(len(p.rights)))
	for _, f := range p.rights {
		h.Uint64(f.NumberIn(o))
	}
}

func (s *Options) hash(h *emu.Hasher) {
	state.Words(h, uint64(s.Sndbuf), uint64(s.Rcvbuf), uint64(s.Rcvlowat), s.SendTimeout, s.ReceiveTimeout)
	for _, b := range []bool{s.reuse, s.reusePort, s.PassCred, s.broadcast, s.keepAlive, s.oobInline, s.debug, s.dontRoute, s.Lingers, s.V6only, s.SizedSend} {
		h.Bool(b)
	}
	for _, v := range s.tcp {
		h.Uint64(uint64(v))
	}
	for _, v := range []int32{s.Linger, s.Priority, s.Tos, s.ttl, s.pathMTU, s.noPort, s.hops, s.class} {
		h.Uint64(uint64(v))
	}
}

// VisitIn and NumberIn are state.Object's.
func (s *Socket) VisitIn(o *state.Objects)         { state.Visit(o, s) }
func (s *Socket) NumberIn(o *state.Objects) uint64 { return state.Number(o, s) }

func (s *Socket) reach(o *state.Objects) {
	state.Visit(o, s.Peer)
	for _, c := range s.Backlog {
		state.Visit(o, c)
	}
	for _, c := range s.waiting {
		state.Visit(o, c)
	}
	for _, p := range s.Queue {
		state.Visit(o, p.By)
		for _, f := range p.rights {
			f.VisitIn(o)
		}
	}
}

func (s *Socket) own() {
	s.Queue, s.Backlog, s.waiting = slices.Clone(s.Queue), slices.Clone(s.Backlog), slices.Clone(s.waiting)
}

func (s *Socket) held() int { return len(s.Queue)*int(unsafe.Sizeof(Packet{})) + s.queued }
