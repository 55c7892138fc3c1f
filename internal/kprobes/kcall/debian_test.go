package kcall_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/kcall"
	"trapline/internal/loader/vmlinux"
	"trapline/internal/x86"
)

// call is a leaf function's call: arguments are numbers (uint64, int) and
// memory ([]byte), whose content afterwards is part of the result.
type call struct {
	name string
	args []any
	// value and memory are what Go says that it gives; nil: not compared.
	value  any
	memory map[int][]byte // by argument
	bits   int            // of value; 0: 64
}

func le(v ...uint64) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

func le32(v ...uint32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func str(s string) []byte { return append([]byte(s), 0) }

// pointer is a result that points into an argument's memory.
type pointer struct{ arg, offset int }

// guest is machine code that a function pointer points to.
type guest []byte

// outcome is what a call left behind, and how often each instruction ran.
type outcome struct {
	value  uint64
	memory [][]byte
	ran    map[uint64]uint64
}

func run(t *testing.T, c *kcall.Caller, x call) (outcome, []uint64) {
	t.Helper()
	var args []uint64
	for _, a := range x.args {
		switch v := a.(type) {
		case []byte:
			at, err := c.Buffer(v)
			require.NoError(t, err)
			args = append(args, at)
		case guest:
			at, err := c.Probes.K.AllocKernel(c.Machine.CPUs[0].Space, uint64(len(v)), emu.Write|emu.Exec)
			require.NoError(t, err)
			require.NoError(t, c.Machine.WriteBytes(c.Machine.CPUs[0].Space, at, v))
			args = append(args, at)
		case int:
			args = append(args, uint64(v))
		case rune:
			args = append(args, uint64(v))
		case uint64:
			args = append(args, v)
		}
	}
	o := outcome{ran: map[uint64]uint64{}}
	r, err := c.Call(context.Background(), x.name, args, func(ev *emu.Event) {
		if ev.Kind == emu.StepInstruction {
			o.ran[ev.PC]++
		}
	})
	require.NoError(t, err, x.name)
	o.value = r.Value
	for i, a := range x.args {
		if v, ok := a.([]byte); ok {
			o.memory = append(o.memory, c.Peek(args[i], len(v)))
		}
	}
	return o, args
}

// agrees compares what the kernel's code gave with what Go gives.
func (x call) agrees(t *testing.T, o outcome, args []uint64) {
	t.Helper()
	bits := x.bits
	if bits == 0 {
		bits = 64
	}
	mask := ^uint64(0) >> (64 - bits)
	switch v := x.value.(type) {
	case uint64:
		require.Equal(t, v&mask, o.value&mask, x.name)
	case int:
		require.Equal(t, uint64(v)&mask, o.value&mask, x.name)
	case uint32:
		require.Equal(t, uint64(v), o.value&mask, x.name)
	case pointer:
		require.Equal(t, args[v.arg]+uint64(v.offset), o.value, x.name)
	}
	n := 0
	for i, a := range x.args {
		if _, ok := a.([]byte); !ok {
			continue
		}
		if want, ok := x.memory[i]; ok {
			require.Equal(t, want, o.memory[n], "%s: memory of argument %d", x.name, i)
		}
		n++
	}
}

// TestDebianLeafFunctions calls functions of Debian's kernel with a kprobe at
// every instruction boundary, under each engine: the probed call's result is
// the unprobed one's and Go's, and each probe is hit as often as its
// instruction ran.
func TestDebianLeafFunctions(t *testing.T) {
	t.Parallel()
	callLeaves(t, debianKernel(t, "amd64"), leafCalls())
}

// TestDebianLeafFunctions386 is the same with the 32-bit kernel.
func TestDebianLeafFunctions386(t *testing.T) {
	t.Parallel()
	callLeaves(t, debianKernel(t, "i386"), leafCalls386())
}

func callLeaves(t *testing.T, image *vmlinux.Kernel, calls []call) {
	require.Contains(t, image.Banner, "Linux version 6.1.")
	names := map[string]bool{}
	for _, engine := range []string{"2002", "2005", "modern"} {
		c, err := kcall.New(image, engine, emu.DefaultProcessor)
		require.NoError(t, err)
		defer c.Close()
		c.Machine.Quiet = true
		fresh := c.Machine.Snapshot()
		for _, x := range calls {
			c.Machine.Restore(fresh)
			plain, args := run(t, c, x)
			x.agrees(t, plain, args)
			c.Machine.Restore(fresh)
			probed(t, c, x, plain)
			names[x.name] = true
		}
	}
	require.GreaterOrEqual(t, len(names), 20)
	t.Logf("%d functions, %d calls under each engine", len(names), len(calls))
}

// prefixedBranch tells whether a segment prefix stands before a near call or
// jump, as retpolines have it for padding.
func prefixedBranch(c *kcall.Caller, at uint64) bool {
	b := c.Peek(at, 2)
	return b[0] == 0x2e && (b[1] == 0xe8 || b[1] == 0xe9 || b[1] == 0x0f)
}

// boundaries lists the addresses of a function's instructions, padding behind
// its end apart.
func boundaries(c *kcall.Caller, function string) ([]uint64, error) {
	s, ok := c.Image.Lookup(function)
	if !ok {
		return nil, fmt.Errorf("%q: %w", function, kcall.ErrNoFunction)
	}
	code := c.Peek(s.Addr, int(s.Size))
	c.Probes.Original(s.Addr, code)
	for len(code) > 0 && code[len(code)-1] == x86.Int3 {
		code = code[:len(code)-1]
	}
	var list []uint64
	for off := 0; off < len(code); {
		in, err := insn.Decode(code[off:], insn.ModeOf(c.Machine.Arch))
		if err != nil || in.Len == 0 {
			return nil, fmt.Errorf("%s+%#x: no instruction that can be decoded", function, off)
		}
		if code[off] != x86.Int3 {
			list = append(list, s.Addr+uint64(off))
		}
		off += in.Len
	}
	return list, nil
}

func probed(t *testing.T, c *kcall.Caller, x call, plain outcome) {
	t.Helper()
	places, err := boundaries(c, x.name)
	require.NoError(t, err)
	for _, at := range places {
		if c.Probes.Engine == "2005" && prefixedBranch(c, at) {
			continue // K23: it would not mend where the copy jumped to
		}
		i, err := c.Probes.Define(kprobes.Probe{Name: "p", Addr: at, Pre: kprobes.Handler{Action: func(*kprobes.Call) uint64 { return 0 }}})
		require.NoError(t, err)
		require.NoError(t, c.Probes.Register(i), "%s %s at %#x", c.Probes.Engine, x.name, at)
	}
	o, _ := run(t, c, x)
	require.Equal(t, plain.value, o.value, "%s %s", c.Probes.Engine, x.name)
	require.Equal(t, plain.memory, o.memory, "%s %s", c.Probes.Engine, x.name)
	hits := uint64(0)
	for i, p := range c.Probes.Probes() {
		require.Equal(t, plain.ran[p.Addr], c.Probes.Stats(i).Hits, "%s %s at %#x", c.Probes.Engine, x.name, p.Addr)
		hits += c.Probes.Stats(i).Hits
	}
	require.NotZero(t, hits, x.name)
}
