package fuzzsearch

import "trapline/internal/explore"

// pool lends systems of one scenario, each in its first state: making one takes
// longer than many a search.
type pool struct {
	make func() (explore.System, error)
	free []*pooled
	all  []explore.System
}

// pooled is a system that goes back when it is closed.
type pooled struct {
	explore.System
	root explore.Snapshot
	pool *pool
}

// get lends a system.
func (p *pool) get() (explore.System, error) {
	if n := len(p.free); n > 0 {
		s := p.free[n-1]
		p.free = p.free[:n-1]
		return s.lent(), nil
	}
	s, err := p.make()
	if err != nil {
		return nil, err
	}
	p.all = append(p.all, s)
	return (&pooled{s, s.Snapshot(), p}).lent(), nil
}

// lent is s with what more its system can do.
func (s *pooled) lent() explore.System {
	type able interface {
		explore.Scratcher
		explore.Symmetric
	}
	if x, ok := s.System.(able); ok {
		return struct {
			*pooled
			able
		}{s, x}
	}
	return s
}

// Tell implements explore.Teller.
func (s *pooled) Tell(a explore.Asked) {
	if t, ok := s.System.(explore.Teller); ok {
		t.Tell(a)
	}
}

// KeepsSnapshots implements explore.Keeper.
func (s *pooled) KeepsSnapshots() bool {
	k, ok := s.System.(explore.Keeper)
	return ok && k.KeepsSnapshots()
}

// Close gives the system back.
func (s *pooled) Close() {
	s.Tell(explore.Asked{})
	if x, ok := s.System.(explore.Scratcher); ok {
		x.LeaveOut(nil)
	}
	s.Restore(s.root)
	s.pool.free = append(s.pool.free, s)
}

func (p *pool) close() {
	for _, s := range p.all {
		s.Close()
	}
}
