package traps_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// faultPage is where the accesses of lateCases go; eax (rax) points at it.
const faultPage = 0x0a000000

// lateCases are accesses of every kind to a page that is absent, with what the
// page is by the time the handler looks, put there by another vCPU.
var lateCases = []struct {
	name  string
	code  []byte
	prot  emu.Prot // without User
	retry bool
}{
	{"read", []byte{0x8b, 0x08}, 0, true},
	{"write", []byte{0x89, 0x08}, emu.Write, true},
	{"write to a read-only page", []byte{0x89, 0x08}, 0, false},
	{"read-modify-write", []byte{0x01, 0x08}, emu.Write, true},
	{"read-modify-write of a read-only page", []byte{0xf0, 0x01, 0x08}, 0, false},
	{"fetch", []byte{0xff, 0xd0}, emu.Exec, true}, // call *%eax, of a ret
	{"fetch from a page without code", []byte{0xff, 0xd0}, emu.Write, false},
	{"string", []byte{0x89, 0xc6, 0xac}, 0, true},
	{"push of memory", []byte{0xff, 0x30, 0x59}, 0, true}, // with pop %ecx
	{"SSE load", []byte{0x0f, 0x10, 0x00}, 0, true},
	{"x87 store", []byte{0xdd, 0x18}, emu.Write, true},
}

// TestV5APageThatIsThereByNowIsTriedAgain: who faults second finds the page
// mapped with the permission that it needs and retries; without that permission
// the fault is a fault. In both rings, in kernel text and in direct mode.
func TestV5APageThatIsThereByNowIsTriedAgain(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, x := range lateCases {
			t.Run(x.name, func(t *testing.T) {
				for _, ring := range []int{0, 3} {
					for _, direct := range []bool{false, true} {
						r := lateFault(t, a, ring, direct, x.code)
						prot := x.prot
						if ring == 3 {
							prot |= emu.User
						}
						r.mapLate(prot)
						require.Equal(t, x.retry, r.finishes(), "ring %d, direct %v: %s", ring, direct, r.c.Shutdown)
					}
				}
			})
		}
		r := lateFault(t, a, 3, false, []byte{0x8b, 0x08})
		r.mapLate(emu.Write)
		require.False(t, r.finishes(), "the supervisor's page is none of ring 3's")
	})
}

// lateFault is a task that has just been sent to the page-fault handler.
func lateFault(t *testing.T, a x86.Arch, ring int, direct bool, code []byte) *rig {
	code = append(code, 0xb8, 1, 0, 0, 0, 0xcd, 0x80) // exit of i386
	if a == x86.AMD64 {
		code[len(code)-6] = 60
	}
	if ring == 0 {
		code = append(code[:len(code)-7], 0xc3)
	}
	r := at(t, a, ring, code...)
	require.NoError(t, r.k.SetDirect(direct))
	r.c.GPR[x86.RAX] = faultPage
	require.EqualValues(t, x86.VecPF, r.delivery().Trap.Vector)
	return r
}

// mapLate maps a page of RET instructions where the task faulted.
func (r *rig) mapLate(p emu.Prot) {
	f, err := r.m.Mem.Alloc()
	require.NoError(r, err)
	copy(r.m.Mem.Bytes(f), strings.Repeat("\xc3", emu.PageSize))
	require.NoError(r, r.c.Space.Map(faultPage, f, 1, p))
}

// finishes runs on and reports whether the task ended in good order.
func (r *rig) finishes() bool {
	for range 400 {
		if r.c.Shutdown != "" {
			return r.c.Shutdown == traps.TaskDone
		}
		r.step()
	}
	return false
}

// TestV5TheFaultAddressIsReadFirst: a fault while the handler of another one
// runs changes CR2, which was read before.
func TestV5TheFaultAddressIsReadFirst(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, direct := range []bool{false, true} {
			r := at(t, a, 0, 0x8b, 0x08, 0xc3)
			require.NoError(t, r.k.SetDirect(direct))
			_, err := r.k.MapLazy(faultPage, emu.Write)
			require.NoError(t, err)
			r.c.GPR[x86.RAX] = faultPage
			r.delivery()
			for r.c.GPR[x86.RBX] != faultPage {
				r.step()
			}
			r.c.Sys.CR2 = 0x1234
			require.True(t, r.finishes(), "direct %v: %s", direct, r.c.Shutdown)
		}
	})
}
