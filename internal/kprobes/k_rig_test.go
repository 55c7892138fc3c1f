package kprobes_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	userCode  = 0x08048000
	userStack = 0x08060000 // top
)

// kit is a machine under engine 2002, stepped by hand.
type kit struct {
	*testing.T
	a x86.Arch
	m *emu.Machine
	g *kprobes.Manager
	k *traps.Kernel
	s *emu.Space

	frame uint64 // struct pt_regs of the last delivery
}

func newKit(t *testing.T, a x86.Arch, engine string, cpus int) *kit {
	t.Helper()
	m, err := emu.New(emu.Config{Arch: a, CPUs: cpus})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	g, err := kprobes.Boot(m, engine)
	require.NoError(t, err)
	return &kit{T: t, a: a, m: m, g: g, k: g.K, s: m.CPUs[0].Space}
}

// kernel puts code into kernel memory.
func (r *kit) kernel(code ...byte) uint64 {
	r.Helper()
	at, err := r.k.AllocKernel(r.s, 4096, emu.Write|emu.Exec)
	require.NoError(r, err)
	require.NoError(r, r.m.WriteBytes(r.s, at, code))
	return at
}

// user puts code into user memory and starts a task on it.
func (r *kit) user(t traps.Task, code ...byte) *emu.CPU {
	r.Helper()
	require.NoError(r, r.k.MapZero(r.s, userCode, 4096, emu.Exec|emu.Write|emu.User))
	require.NoError(r, r.k.MapZero(r.s, userStack-4096, 4096, emu.Write|emu.User))
	require.NoError(r, r.m.WriteBytes(r.s, userCode, code))
	require.NoError(r, r.k.Start(0, t, 3, userCode, userStack))
	return r.m.CPUs[0]
}

// start starts a kernel task on vCPU id.
func (r *kit) start(id int, at uint64) *emu.CPU {
	r.Helper()
	require.NoError(r, r.k.Start(id, traps.Task{}, 0, at, 0))
	return r.m.CPUs[id]
}

func (r *kit) define(p kprobes.Probe) int {
	r.Helper()
	if !p.Pre.Set() {
		p.Pre = kprobes.Handler{Action: nothing}
	}
	i, err := r.g.Define(p)
	require.NoError(r, err)
	return i
}

func (r *kit) probe(p kprobes.Probe) int {
	r.Helper()
	i := r.define(p)
	require.NoError(r, r.g.Register(i))
	return i
}

func (r *kit) step(id int) *emu.Event {
	r.Helper()
	ev := r.m.Step(id)
	require.NoError(r, r.m.Err())
	r.g.Observe(ev)
	if ev.Delivery != nil {
		r.frame, _, _ = r.k.FrameOf(ev.CPU, ev.Delivery)
	}
	return ev
}

// spins steps vCPU id until it waits for a lock.
func (r *kit) spins(id int) {
	r.Helper()
	for range 100 {
		if r.step(id).Kind == emu.StepSpin {
			return
		}
	}
	r.Fatal("does not wait")
}

// until steps vCPU id until the micro-step of that name has run.
func (r *kit) until(id int, micro string) *emu.Event {
	r.Helper()
	for range 20000 {
		if ev := r.step(id); ev.Micro != nil && ev.Micro.Name == micro && ev.Kind != emu.StepSpin {
			return ev
		}
		require.Empty(r, r.m.CPUs[id].Shutdown, "before %s", micro)
	}
	r.Fatalf("no micro-step %s", micro)
	return nil
}

// reach steps vCPU id to a micro-step, which may be a spin.
func (r *kit) reach(id int, micro string) *emu.Event {
	r.Helper()
	for range 20000 {
		if ev := r.step(id); ev.Micro != nil && ev.Micro.Name == micro {
			return ev
		}
	}
	r.Fatalf("no micro-step %s", micro)
	return nil
}

// run steps vCPU id to its end and returns why it stopped and its micro-steps.
func (r *kit) run(id int) (string, []string) {
	r.Helper()
	var micro []string
	for range 30000 {
		ev := r.step(id)
		if ev.Micro != nil {
			micro = append(micro, ev.Micro.Name)
		}
		if why := r.m.CPUs[id].Shutdown; why != "" {
			return why, micro
		}
	}
	r.Fatal("does not end")
	return "", nil
}

func (r *kit) done(id int) []string {
	r.Helper()
	why, micro := r.run(id)
	require.Equal(r, traps.TaskDone, why)
	return micro
}

func (r *kit) byteAt(at uint64) byte {
	r.Helper()
	var b [1]byte
	require.Equal(r, 1, r.s.Peek(at, b[:]))
	return b[0]
}

// word reads a kernel variable.
func (r *kit) word(symbol string) uint64 { return r.wordAt(r.k.Symbol(symbol)) }

func (r *kit) wordAt(at uint64) uint64 {
	r.Helper()
	v, ok := r.m.PeekWord(r.s, at, r.a.Word())
	require.True(r, ok, "%#x", at)
	return v
}

// lazy is a kernel page that is not there until somebody faults on it.
func (r *kit) lazy() uint64 {
	r.Helper()
	const at = 0xc0700000
	va := uint64(at)
	if r.a == x86.AMD64 {
		va = 0xffffffff80700000
	}
	_, err := r.k.MapLazy(va, emu.Write)
	require.NoError(r, err)
	return va
}

// load is mov addr,%eax: 5 bytes, or 8 with a sign-extended address.
func (r *kit) load(addr uint64) []byte {
	if r.a == x86.AMD64 {
		return binary.LittleEndian.AppendUint32([]byte{0x8b, 0x04, 0x25}, uint32(addr))
	}
	return binary.LittleEndian.AppendUint32([]byte{0xa1}, uint32(addr))
}

// exit is the end of a user program: the exit system call.
func exit(a x86.Arch) []byte {
	if a == x86.AMD64 {
		return []byte{0xb8, 60, 0, 0, 0, 0xcd, 0x80}
	}
	return []byte{0xb8, 1, 0, 0, 0, 0xcd, 0x80}
}

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

func count(l []string, s string) int {
	n := 0
	for _, x := range l {
		if x == s {
			n++
		}
	}
	return n
}

func isOops(why string) bool { return strings.HasPrefix(why, "oops: ") }

// nothing is the handler that does nothing: the hit is counted anyway.
func nothing(*kprobes.Call) uint64 { return 0 }
