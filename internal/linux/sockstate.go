package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/state"
)

// hashSockets feeds which sockets and held ports there are. Counts of wakes are clocks.
func (k *Kernel) hashSockets(h *emu.Hasher, o *state.Objects) {
	if k.lastSocket == 0 && len(state.All[socket](o))+len(k.held)+k.socketBytes+int(k.lastName)+int(k.lastPort) == 0 {
		return
	}
	state.Words(h, k.lastSocket, uint64(k.lastName), uint64(k.lastPort), uint64(k.socketBytes), uint64(len(k.sockets)), uint64(len(k.held)))
	for _, s := range k.sockets {
		h.Uint64(state.Number(o, s))
	}
	for _, p := range k.held {
		h.Bytes(p.ip[:])
		h.Uint64(uint64(p.port))
	}
}

func (n *sockName) hash(h *emu.Hasher) {
	h.Bool(n.named)
	h.String(n.path)
	h.Bytes(n.ip[:])
	h.Uint64(uint64(n.port))
}

func (c *credentials) hash(h *emu.Hasher) {
	state.Words(h, uint64(c.pid), uint64(c.uid), uint64(c.gid))
}

func (s *socket) hash(h *emu.Hasher, o *state.Objects) {
	state.Words(h, uint64(s.family), uint64(s.kind), uint64(s.protocol), s.ino, uint64(s.state), uint64(s.phase), uint64(s.bound),
		uint64(s.backlogMax), uint64(s.err), uint64(s.sent), uint64(s.queued), state.Number(o, s.peer), uint64(len(s.queue)), uint64(len(s.backlog)),
		uint64(len(s.waiting)))
	for _, b := range []bool{s.child, s.fixedIP, s.noReceive, s.noSend, s.ended, s.dead} {
		h.Bool(b)
	}
	s.local.hash(h)
	s.remote.hash(h)
	s.cred.hash(h)
	s.opts.hash(h)
	for i := range s.queue {
		s.queue[i].hash(h, o)
	}
	for _, c := range s.backlog {
		h.Uint64(state.Number(o, c))
	}
	for _, c := range s.waiting {
		h.Uint64(state.Number(o, c))
	}
}

func (p *packet) hash(h *emu.Hasher, o *state.Objects) {
	h.Bytes(p.data)
	p.from.hash(h)
	p.cred.hash(h)
	state.Words(h, state.Number(o, p.by), uint64(p.weight), uint64(len(p.rights)))
	for _, f := range p.rights {
		h.Uint64(state.Number(o, f))
	}
}

func (s *sockOptions) hash(h *emu.Hasher) {
	state.Words(h, uint64(s.sndbuf), uint64(s.rcvbuf), uint64(s.rcvlowat), s.sendTimeout, s.receiveTimeout)
	for _, b := range []bool{s.reuse, s.reusePort, s.passCred, s.broadcast, s.keepAlive, s.oobInline, s.debug, s.dontRoute, s.lingers, s.v6only, s.sizedSend} {
		h.Bool(b)
	}
	for _, v := range s.tcp {
		h.Uint64(uint64(v))
	}
	for _, v := range []int32{s.linger, s.priority, s.tos, s.ttl, s.pathMTU, s.noPort, s.hops, s.class} {
		h.Uint64(uint64(v))
	}
}

// VisitIn and NumberIn are state.Object's.
func (s *socket) VisitIn(o *state.Objects)         { state.Visit(o, s) }
func (s *socket) NumberIn(o *state.Objects) uint64 { return state.Number(o, s) }
