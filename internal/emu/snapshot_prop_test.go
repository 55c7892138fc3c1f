package emu

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// snapshotCode touches registers, memory, flags, SSE, x87, segments, debug
// registers and itself: the last store changes the add's immediate.
func snapshotCode(a x86.Arch) []byte {
	code := []byte{
		0x83, 0xc0, 0x01, // add $1,%eax (its immediate is changed below)
		0x66, 0x0f, 0x6e, 0xc0, // movd %eax,%xmm0
		0x66, 0x0f, 0xfe, 0xc8, // paddd %xmm0,%xmm1
		0x0f, 0x11, 0x0b, // movups %xmm1,(%ebx)
		0xd9, 0xe8, // fld1
		0xdd, 0xd8, // fstp %st
		0x50,       // push
		0x9c,       // pushf
		0x59,       // pop %ecx
		0x59,       // pop %ecx
		0x0f, 0xa2, // cpuid
		0xbb, 0x00, 0x50, 0, 0, // mov $0x5000,%ebx
		0x0f, 0x31, // rdtsc
		0xc6, 0x06, 0x03, // movb $3,(%esi)
		0x0f, 0x23, 0xc1, // mov %ecx,%dr0
		0xfe, 0x06, // incb (%esi)
		0xeb, // jmp back
	}
	return append(code, byte(-len(code)-1))
}

// From a snapshot the run goes on exactly as it did the first time: same
// events, same state hash, whatever happened in between, on two vCPUs.
func TestSnapshotRestoreRepeatsTheRun(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		rapid.Check(t, func(rt *rapid.T) {
			m, c, d := twoCPUs(t, a, snapshotCode(a)...)
			defer m.Close()
			for _, x := range []*CPU{c, d} {
				x.GPR[x86.RBX], x.GPR[x86.RSI] = 0x5000, 0x1002
			}
			d.GPR[x86.RSP] -= 0x400
			who := rapid.SliceOfN(rapid.IntRange(0, 1), 1, 60)
			for _, id := range who.Draw(rt, "before") {
				m.Step(id)
			}
			s := m.Snapshot()
			start := m.Hash(true)
			schedule := who.Draw(rt, "run")
			run := func() (hashes []uint64, events []*Event) {
				for _, id := range schedule {
					events = append(events, m.Step(id).Clone())
					hashes = append(hashes, m.Hash(true))
				}
				return hashes, events
			}
			h1, e1 := run()
			for range rapid.IntRange(1, 3).Draw(rt, "times") {
				perturb(t, rt, m)
				m.Restore(s)
				require.Equal(t, start, m.Hash(true))
				h2, e2 := run()
				require.NoError(t, m.Err())
				require.Equal(t, h1, h2)
				require.Equal(t, e1, e2)
			}
		})
	})
}

// perturb does things that a restore must undo.
func perturb(t *testing.T, rt *rapid.T, m *Machine) {
	s := m.CPUs[0].Space
	for range rapid.IntRange(0, 4).Draw(rt, "disturbances") {
		switch rapid.IntRange(0, 7).Draw(rt, "kind") {
		case 0:
			m.PokeWord(s, 0x1000, 8, 0xcccccccccccccccc)
		case 1:
			s.Unmap(0x1000, 1)
		case 2:
			s.Protect(0x5000, 1, 0)
		case 3:
			f, err := m.Mem.Alloc()
			require.NoError(t, err)
			m.Mem.MarkDirty(f)
			m.Mem.Bytes(f)[5] = 5
			require.NoError(t, s.Map(0x1000, f, 1, Exec))
		case 4:
			m.CPUs[1].Raise(*Fault(x86.VecUD))
			m.CPUs[1].RaiseInterrupt(0x20)
		case 5:
			m.CPUs[0].Sys.MSR.LStar, m.CPUs[0].Halted, m.CPUs[0].Shutdown = 1, true, "x"
		case 6:
			m.CPUs[1].Space = m.NewSpace()
		case 7:
			m.Snapshot()
		}
	}
}

// Whatever decides how the machine goes on changes the hash.
func TestHashSeesEveryPartOfTheState(t *testing.T) {
	changes := map[string]func(*Machine, *CPU){
		"register":         func(_ *Machine, c *CPU) { c.GPR[x86.R15]++ },
		"rip":              func(_ *Machine, c *CPU) { c.RIP++ },
		"flags":            func(_ *Machine, c *CPU) { c.RFLAGS ^= x86.IF },
		"segment":          func(_ *Machine, c *CPU) { c.Seg[x86.FS].Base++ },
		"cpl":              func(_ *Machine, c *CPU) { c.CPL = 3 },
		"shadow":           func(_ *Machine, c *CPU) { c.Shadow = 1 },
		"memory":           func(m *Machine, c *CPU) { m.PokeWord(c.Space, 0x5000, 1, 1) },
		"mapping":          func(_ *Machine, c *CPU) { c.Space.Unmap(0x5000, 1) },
		"permission":       func(_ *Machine, c *CPU) { c.Space.Protect(0x5000, 1, User) },
		"idtr":             func(_ *Machine, c *CPU) { c.Sys.IDTR.Limit++ },
		"tr":               func(_ *Machine, c *CPU) { c.Sys.TR.Base++ },
		"tr limit":         func(_ *Machine, c *CPU) { c.Sys.TR.Limit++ },
		"cr2":              func(_ *Machine, c *CPU) { c.Sys.CR2++ },
		"dr7":              func(_ *Machine, c *CPU) { c.Sys.DR[7]++ },
		"msr":              func(_ *Machine, c *CPU) { c.Sys.MSR.FMask++ },
		"pending trap":     func(_ *Machine, c *CPU) { c.Raise(*Fault(x86.VecDE)) },
		"interrupt":        func(_ *Machine, c *CPU) { c.RaiseInterrupt(0x30) },
		"nmi":              func(_ *Machine, c *CPU) { c.RaiseInterrupt(x86.VecNMI) },
		"nmi under way":    func(_ *Machine, c *CPU) { c.inNMI = true },
		"cr8":              func(_ *Machine, c *CPU) { c.Sys.CR8 = 1 },
		"halted":           func(_ *Machine, c *CPU) { c.Halted = true },
		"held data breaks": func(_ *Machine, c *CPU) { c.heldDR6 = 1 },
		"space": func(m *Machine, c *CPU) {
			c.Space = m.NewSpace()
		},
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		seen := map[uint64]string{}
		m, c := newTest(t, a)
		for _, h := range m.HashWithout(false, nil) {
			seen[h] = "nothing"
		}
		s := m.Snapshot()
		for name, change := range changes {
			change(m, c)
			for _, h := range m.HashWithout(false, nil) { // each half by itself
				require.NotContains(t, seen, h, name)
				seen[h] = name
			}
			m.Restore(s)
			require.Equal(t, "nothing", seen[m.Hash(false)], "after %s", name)
		}
	})
}

// The hash of a run does not depend on the process: two machines agree.
func TestHashIsTheSameInEveryMachine(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		var want []uint64
		for i := range 3 {
			m, c, _ := twoCPUs(t, a, snapshotCode(a)...)
			c.GPR[x86.RBX], c.GPR[x86.RSI] = 0x5000, 0x1002
			for n := range 100 {
				m.Step(0)
				if h := m.Hash(true); i == 0 {
					want = append(want, h)
				} else {
					require.Equal(t, want[n], h, "step %d", n)
				}
			}
		}
	})
}
