package story

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// TestWhyFitsTheClassOfEveryVector: the classes are SDM vol. 3, table 6-1.
// #DB is told by its DR6, an NMI is no exception.
func TestWhyFitsTheClassOfEveryVector(t *testing.T) {
	const fault, trap, abort = "a fault", "a trap", "an abort"
	classes := map[x86.Vector]string{
		0: fault, 3: trap, 4: trap, 5: fault, 6: fault, 7: fault, 8: abort, 9: fault, 10: fault, 11: fault, 12: fault,
		13: fault, 14: fault, 16: fault, 17: fault, 18: abort, 19: fault, 20: fault, 21: fault,
	}
	for v := range 256 {
		var text string
		for _, r := range whyClass(&emu.Delivery{Trap: emu.Trap{Vector: x86.Vector(v), Kind: emu.Exception}}) {
			text += r.Text
		}
		want := classes[x86.Vector(v)]
		assert.Equal(t, want != "", text != "", "%d: %s", v, text)
		assert.True(t, strings.HasPrefix(text, want), "%d: %s", v, text)
		assert.Equal(t, want == fault, strings.Contains(text, "retried"), "%d: %s", v, text)
		assert.Equal(t, want == trap, strings.Contains(text, "behind"), "%d: %s", v, text)
		assert.Equal(t, want == abort, strings.Contains(text, "cannot be restarted"), "%d: %s", v, text)
	}
}

// TestWhyTellsTheSavedPointer compares what a delivery's reasons say of the
// saved instruction pointer with the frame.
func TestWhyTellsTheSavedPointer(t *testing.T) {
	const at, behind = 0, 1
	execute := func(r *emu.CPU, code uint64) { r.Sys.DR[0], r.Sys.DR[7] = code, 1 }
	write := func(r *emu.CPU, code uint64) {
		r.Sys.DR[0], r.Sys.DR[7], r.GPR[x86.RAX] = code+0x800, 1|1<<16, code+0x800
	}
	for name, c := range map[string]struct {
		code  string
		setup func(*emu.CPU, uint64)
		want  int    // where the saved instruction pointer is
		says  string // in the last reason of the class
	}{
		"ud2":                {"\x0f\x0b", nil, at, "a fault: "},
		"div":                {"\x31\xc9\xf7\xf1", nil, at, "a fault: "},
		"int 0xff":           {"\xcd\xff", func(r *emu.CPU, _ uint64) { r.Sys.IDTR.Limit = 0x1ff }, at, "a fault: "},
		"int3":               {"\xcc", nil, behind, "int3 is a trap: "},
		"cd 03":              {"\xcd\x03", nil, behind, "int $3 as cd 03"},
		"into":               {"\xce", func(r *emu.CPU, _ uint64) { r.RFLAGS |= x86.OF }, behind, "into is a trap: "},
		"int1":               {"\xf1", nil, behind, "int1 is a trap: "},
		"step":               {"\x90\x90", func(r *emu.CPU, _ uint64) { r.RFLAGS |= x86.TF }, behind, "single-step trap after it"},
		"execute breakpoint": {"\x90", execute, at, "a fault, before it runs"},
		"write breakpoint":   {"\xc6\x00\x01\x90", write, behind, "a trap, after the instruction"},
		"general detect":     {"\x0f\x21\xf8", func(r *emu.CPU, _ uint64) { r.Sys.DR[7] |= emu.DR7GD }, at, "a fault, before the instruction"},
		"double fault":       {"\x0f\x0b", func(r *emu.CPU, _ uint64) { r.Sys.IDTR.Limit = 8*9 - 1; r.GPR[x86.RSP] = 0x10 }, -1, "an abort: "},
	} {
		t.Run(name, func(t *testing.T) {
			m, cpu, code := machine(t, c.code)
			if c.setup != nil {
				c.setup(cpu, code)
			}
			var last uint64 // the instruction that ran last
			for range 4 {
				ev := m.Step(0)
				require.NoError(t, m.Err())
				if ev.Delivery == nil {
					last = ev.PC
					continue
				}
				assert.Contains(t, texts(names(x86.I386, ATT).reasons(ev)), c.says)
				switch c.want {
				case at:
					assert.Equal(t, ev.PC, saved(t, ev.Delivery))
				case behind:
					if len(ev.Bytes) > 0 {
						last = ev.PC
					}
					assert.Greater(t, saved(t, ev.Delivery), last)
				}
				return
			}
			t.Fatal("nothing was delivered")
		})
	}
}

// TestWhyOfAFaultMetOnATrapsWay: the frame is the trap's.
func TestWhyOfAFaultMetOnATrapsWay(t *testing.T) {
	m, cpu, _ := machine(t, "\x90\x90")
	cpu.RFLAGS |= x86.TF
	k := m.Kernel.(*traps.Kernel)
	g := k.Gate(cpu.Space, x86.VecDB)
	g.Present = false
	k.SetGate(cpu.Space, x86.VecDB, g)
	m.Step(0)
	ev := m.Step(0)
	require.NotNil(t, ev.Delivery)
	require.EqualValues(t, x86.VecNP, ev.Delivery.Trap.Vector)
	why := texts(names(x86.I386, ATT).reasons(ev))
	assert.Contains(t, why, "the saved instruction pointer is that event's")
	assert.NotContains(t, why, "retried")
}

func texts(l []Reason) string {
	var s []string
	for _, r := range l {
		s = append(s, r.Text)
	}
	return strings.Join(s, "\n")
}

func saved(t *testing.T, d *emu.Delivery) uint64 {
	t.Helper()
	for _, w := range d.Frame {
		if w.Name == "eip" {
			return w.Value
		}
	}
	t.Fatal("no eip in the frame")
	return 0
}

// machine is a stock i386 kernel about to run code, with a data page's worth
// of room behind it.
func machine(t *testing.T, code string) (*emu.Machine, *emu.CPU, uint64) {
	t.Helper()
	m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 1})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	text := traps.StockText(x86.I386)
	o, err := text.Options()
	require.NoError(t, err)
	k, err := traps.Boot(m, o)
	require.NoError(t, err)
	cpu := m.CPUs[0]
	at, err := k.AllocKernel(cpu.Space, 4096, emu.Write|emu.Exec)
	require.NoError(t, err)
	require.NoError(t, m.WriteBytes(cpu.Space, at, []byte(code)))
	require.NoError(t, k.Start(0, traps.Task{Name: "t"}, 0, at, 0))
	return m, cpu, at
}
