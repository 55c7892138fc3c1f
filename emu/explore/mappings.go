package explore

import "trapline/emu"

// mappings is what a Machine knows of page tables, to tell which pages a step
// mapped, unmapped or protected otherwise. Each table is copied when it is
// first met: there are few, one for each page that comes in on demand.
type mappings struct {
	tables map[any]map[uint64]emu.PTE // by emu.Space.Mappings
	now    any
}

// maxTables bounds the tables that are remembered.
const maxTables = 64

// before is called before a step.
func (m *mappings) before(s *emu.Space) {
	if m.now = s.Mappings(); m.tables[m.now] == nil {
		m.learn(s)
	}
}

func (m *mappings) learn(s *emu.Space) map[uint64]emu.PTE {
	if m.tables == nil || len(m.tables) >= maxTables {
		m.tables = map[any]map[uint64]emu.PTE{}
	}
	t := map[uint64]emu.PTE{}
	for _, vpn := range s.Pages() {
		t[vpn], _ = s.Lookup(vpn * emu.PageSize)
	}
	m.tables[s.Mappings()] = t
	return t
}

// changed calls f for each page that the step just taken changed.
func (m *mappings) changed(s *emu.Space, f func(vpn uint64, old, now *emu.PTE)) {
	if s.Mappings() == m.now {
		return
	}
	old, now := m.tables[m.now], m.learn(s)
	for vpn, o := range old {
		if n, ok := now[vpn]; !ok {
			f(vpn, &o, nil)
		} else if n != o {
			f(vpn, &o, &n)
		}
	}
	for vpn, n := range now {
		if _, ok := old[vpn]; !ok {
			f(vpn, nil, &n)
		}
	}
}

// remapped notes a page whose entry changed: as a write to all of the frame
// that it showed and of the one that it shows, and to the place that faults
// read while it shows none. So it is dependent on every access to the page,
// whichever of the two comes first.
func (s *Machine) remapped(vpn uint64, old, now *emu.PTE) {
	const groups = emu.PageSize / 8
	for i := range uint64(groups) {
		for _, p := range [...]*emu.PTE{old, now} {
			if p != nil {
				s.add(uint64(p.Frame)*groups+i, 0xff, true)
			}
		}
		if old == nil || now == nil {
			s.add(locUnmapped+vpn*groups+i, 0xff, true)
		}
	}
}
