package explore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// askedPage is a page that one vCPU's micro-step maps and the other's asks for.
const askedPage = 0x9000

// asking is a kernel whose micro-step on cpu0 counts in memory how often the page
// was there, and on cpu1 maps it.
type asking struct{ frame emu.Frame }

func (asking) Deliver(*emu.Machine, *emu.CPU, emu.Trap) {}

func (k asking) Hypercall(m *emu.Machine, c *emu.CPU, _ uint64) bool {
	m.Event().BeginMicro()
	c.RIP += 2
	if c.ID > 0 {
		return c.Space.Map(askedPage, k.frame, 1, emu.Write) == nil
	}
	if _, there := m.Door().Entry(c.ID, askedPage); there {
		m.PokeWord(c.Space, 0x5000, 4, c.Space.Word(0x5000, 4)+1)
	}
	return true
}

// V2: no code of a scenario decides by a page-table entry alone that others'
// code changes and its own never does, so that this record has a machine of its
// own. A search that does not know what Door.Entry reads takes one order for all.
func TestHiddenEntryIsNoticed(t *testing.T) {
	factory := func(forget bool) func() (System, error) {
		return func() (System, error) {
			m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 2, Memory: 1 << 20})
			require.NoError(t, err)
			s := m.CPUs[0].Space
			for va, prot := range map[uint64]emu.Prot{0x1000: emu.Exec, 0x5000: emu.Write, 0x7000: emu.Write} {
				f, err := m.Mem.Alloc()
				require.NoError(t, err)
				require.NoError(t, s.Map(va, f, 1, prot))
			}
			k := asking{}
			k.frame, err = m.Mem.Alloc()
			require.NoError(t, err)
			m.Kernel = k
			require.NoError(t, m.WriteBytes(s, 0x1000, []byte{0xcd, 0x81, 0xcd, 0x81, 0xf4 /* hlt */}))
			m.PokeWord(s, 0x7008, 8, x86.FlatCode32.Encode())
			for _, c := range m.CPUs {
				c.Sys.GDTR = emu.TableReg{Base: 0x7000, Limit: 0xf}
				require.Nil(t, m.LoadCode(c, 8, 0))
				c.RIP = 0x1000 + 2*uint64(c.ID) // cpu0 asks twice
			}
			sys := NewMachine(m, MachineConfig{})
			if forget {
				sys.Forget(func(a emu.Accessor, _ emu.Loc, _ emu.Use) bool { return a == emu.AsksEntry })
			}
			return sys, nil
		}
	}
	for forget, want := range map[bool]int{false: 3, true: 1} {
		r, err := Search(t.Context(), factory(forget), Options{KeepOutcomes: true})
		require.NoError(t, err)
		require.True(t, r.Exhausted)
		require.Len(t, r.Outcomes, want)
	}
	sys, err := factory(true)()
	require.NoError(t, err)
	defer sys.Close()
	e := Enumerate(t.Context(), sys, 0)
	require.True(t, e.Complete)
	require.Len(t, e.Outcomes, 3)
}
