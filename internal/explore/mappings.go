package explore

import "trapline/internal/emu"

// mappings is what a Machine knows of page tables, to tell which pages a step
// mapped, unmapped or protected otherwise. Each table is copied when it is
// first met: there are few, one for each page that comes in on demand.
type mappings struct {
	tables map[any]map[uint64]emu.PTE // by emu.Space.Mappings
	spaces []shown                    // that vCPUs showed before the step
	of     []*emu.Space               // of each vCPU, when spaces was made
}

// shown is an address space as it was before a step.
type shown struct {
	space  *emu.Space
	number int
	table  any
}

// maxTables bounds the tables that are remembered.
const maxTables = 64

// before is called before a step.
func (m *mappings) before(machine *emu.Machine) {
	if m.current(machine) {
		return
	}
	m.spaces, m.of = m.spaces[:0], m.of[:0]
	for _, c := range machine.CPUs {
		m.of = append(m.of, c.Space)
		if m.number(c.Space) >= 0 {
			continue
		}
		m.spaces = append(m.spaces, shown{c.Space, machine.SpaceNumber(c.Space), c.Space.Mappings()})
		m.table(c.Space)
	}
}

// current reports whether spaces and tables are those of the machine's present
// state, which they are before most steps.
func (m *mappings) current(machine *emu.Machine) bool {
	if len(m.of) == 0 {
		return false
	}
	for i, c := range machine.CPUs {
		if c.Space != m.of[i] {
			return false
		}
	}
	for i := range m.spaces {
		s := &m.spaces[i]
		if s.space.Mappings() != s.table || machine.SpaceNumber(s.space) != s.number {
			return false
		}
	}
	return true
}

// number is the number of a space that a vCPU showed before the step, or -1.
func (m *mappings) number(s *emu.Space) int {
	for i := range m.spaces {
		if m.spaces[i].space == s {
			return m.spaces[i].number
		}
	}
	return -1
}

// table is the space's present table.
func (m *mappings) table(s *emu.Space) map[uint64]emu.PTE {
	if t := m.tables[s.Mappings()]; t != nil {
		return t
	}
	t := map[uint64]emu.PTE{}
	for _, vpn := range s.Pages() {
		t[vpn], _ = s.Lookup(vpn * emu.PageSize)
	}
	if m.tables == nil {
		m.tables = map[any]map[uint64]emu.PTE{}
	}
	m.tables[s.Mappings()] = t
	return t
}

// forget drops the tables when there are too many; those that are needed are
// made again.
func (m *mappings) forget() {
	if len(m.tables) >= maxTables {
		clear(m.tables)
		m.of = m.of[:0]
	}
}

// changed calls f for each page that the step just taken changed, by the
// number of its space. One that the step gave back has no pages to access: its
// last thread has ended, which Values tell of if others ran there.
func (m *mappings) changed(machine *emu.Machine, f func(space int, vpn uint64)) {
	for _, was := range m.spaces {
		if was.space.Mappings() == was.table || machine.SpaceNumber(was.space) < 0 {
			continue
		}
		old, now := m.tables[was.table], m.table(was.space)
		for vpn, o := range old {
			if n, ok := now[vpn]; !ok || n != o {
				f(was.number, vpn)
			}
		}
		for vpn := range now {
			if _, ok := old[vpn]; !ok {
				f(was.number, vpn)
			}
		}
	}
	m.forget()
}
