//go:build unicorn && cgo && linux && amd64

package interp_test

import (
	"bytes"
	"flag"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/emu/regs"
	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

var cases = flag.Int("cases", 20_000, "instructions that both processors run, a mode")

// referee runs instructions in the library.
type referee struct {
	eng  *unicorn.Engine
	ctx  *unicorn.Context
	code []byte // a page, shown at codeBase
	data []byte // shown at memBase
}

func newReferee(t *testing.T, w unicorn.Width) *referee {
	t.Helper()
	eng, err := unicorn.Open(w, true)
	require.NoError(t, err)
	t.Cleanup(eng.Close)
	host, err := syscall.Mmap(-1, 0, 4096+memSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	require.NoError(t, err)
	r := &referee{eng: eng, code: host[:4096], data: host[4096:]}
	require.NoError(t, eng.Map(codeBase, 4096, unicorn.ProtRead|unicorn.ProtExec, unsafe.Pointer(&r.code[0])))
	require.NoError(t, eng.Map(memBase, memSize, unicorn.ProtRead|unicorn.ProtWrite, unsafe.Pointer(&r.data[0])))
	r.ctx, err = eng.NewContext()
	require.NoError(t, err)
	t.Cleanup(r.ctx.Close)
	return r
}

// run runs one instruction: its outcome, and the accesses.
func (r *referee) run(c *regs.Core, code []byte) (interp.Outcome, []access, string) {
	copy(r.code, code)
	r.eng.RemoveCache(codeBase, codeBase+1)
	var x unicorn.Exit
	tf := c.RFLAGS & x86.TF
	r.eng.Step(r.ctx, c, &x, true)
	c.RFLAGS = c.RFLAGS&^x86.TF | tf
	var list []access
	for _, a := range r.eng.Accesses(&x) {
		v := a.Old
		if a.Kind == unicorn.Write {
			v = a.New
		}
		list = append(list, access{a.Kind == unicorn.Write, a.Addr, uint8(a.Size), v})
	}
	switch x.Status {
	case unicorn.OK:
		return interp.Done, list, ""
	case unicorn.Intr:
		switch x.Vector {
		case 0:
			return interp.Divide, list, ""
		case 1:
			return interp.Done, list, ""
		case 5:
			return interp.Bound, list, ""
		case 13:
			return interp.Protection, list, ""
		}
	case unicorn.Mem:
		return interp.Refused, list, ""
	case unicorn.Invalid:
		return interp.Undefined, list, ""
	}
	return 0xff, list, fmt.Sprintf("status %d vector %d", x.Status, x.Vector)
}

// TestReferee runs random instructions in random states here and in the library: every register, flag, byte of
// memory and access must be the same but for the differences listed.
func TestReferee(t *testing.T) {
	if err := unicorn.Check(); err != nil {
		t.Skip(err)
	}
	for _, mode := range []insn.Mode{insn.Mode16, insn.Mode32, insn.Mode64AMD} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			w := unicorn.Width32
			if mode.Is64() {
				w = unicorn.Width64
			}
			r := newReferee(t, w)
			s := newSource(1, mode)
			known := map[string]int{}
			shown := 0
			for n := 0; n < *cases && shown < 20; n++ {
				if diff := r.compare(s.trial(), known); diff != "" {
					shown++
					t.Error(diff)
				}
			}
			for k, n := range known {
				t.Logf("%6d  %s", n, k)
			}
			t.Logf("%d forms, %d of them less than %d times", len(s.forms), len(s.few), least)
		})
	}
}

// compare runs one instruction on both sides, and says in what they differ.
func (r *referee) compare(x trial, known map[string]int) (difference string) {
	ours, theirs := x.before, x.before
	copy(r.data, x.data)
	copy(r.code, x.code)
	m := &testMemory{c: &ours, code: r.code, data: bytes.Clone(x.data)}
	got := x.op.Run(&ours, m)
	want, list, unknown := r.run(&theirs, x.code)
	if !x.in.Mode.Is64() {
		theirs.RIP &= 0xffffffff
	}
	what := compareSides(&x.before, &ours, &theirs, got, want, m, list, r.data, unknown)
	if what == "" {
		return ""
	}
	d := clash{trial: &x, got: got, want: want, what: what}
	for _, a := range m.list {
		d.crosses = d.crosses || a.addr>>12 != (a.addr+uint64(a.size)-1)>>12
	}
	for _, k := range knownClashes {
		if k.match(&d) {
			known[k.reason]++
			return ""
		}
	}
	return fmt.Sprintf("% x: %s\nbefore %s", x.code, what, show(&x.before))
}

func compareSides(before, ours, theirs *regs.Core, got, want interp.Outcome, m *testMemory, list []access, data []byte, unknown string) string {
	switch {
	case got != want:
		return fmt.Sprintf("outcome %d, the library's %d %s", got, want, unknown)
	case got != interp.Done:
		if *ours != *before {
			return "a fault leaves a trace: " + show(ours)
		}
		return ""
	}
	for i := range ours.GPR {
		if ours.GPR[i] != theirs.GPR[i] {
			return fmt.Sprintf("register %d is %#x, the library's %#x", i, ours.GPR[i], theirs.GPR[i])
		}
	}
	switch {
	case ours.RIP != theirs.RIP:
		return fmt.Sprintf("rip %#x, the library's %#x", ours.RIP, theirs.RIP)
	case (ours.RFLAGS^theirs.RFLAGS)&^x86.TF != 0:
		return fmt.Sprintf("rflags %#x, the library's %#x", ours.RFLAGS, theirs.RFLAGS)
	case ours.Shadow != theirs.Shadow:
		return fmt.Sprintf("shadow %d, the library's %d", ours.Shadow, theirs.Shadow)
	case !slices.Equal(m.list, list):
		return fmt.Sprintf("accesses %v, the library's %v", m.list, list)
	case !bytes.Equal(m.data, data):
		return "memory"
	}
	return ""
}
