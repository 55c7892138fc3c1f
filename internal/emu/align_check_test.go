package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// #AC needs ring 3, CR0.AM and EFLAGS.AC, has error code 0, and comes before a
// page fault (SDM vol. 3, 6.15, vector 17; docs/silicon.md). The operand's size
// is what must divide the address.
func TestAlignmentCheck(t *testing.T) {
	user, am, ac := true, true, true
	for _, tt := range []struct {
		name         string
		user, am, ac bool
		code         []byte
		at           uint64
		fault        bool
	}{
		{"dword", user, am, ac, []byte{0x8b, 0x03}, 0x5002, true},
		{"dword, aligned", user, am, ac, []byte{0x8b, 0x03}, 0x5004, false},
		{"word", user, am, ac, []byte{0x66, 0x8b, 0x03}, 0x5001, true},
		{"word, aligned", user, am, ac, []byte{0x66, 0x8b, 0x03}, 0x5002, false},
		{"byte", user, am, ac, []byte{0x8a, 0x03}, 0x5001, false},
		{"store", user, am, ac, []byte{0x89, 0x03}, 0x5001, true},
		{"no page", user, am, ac, []byte{0x8b, 0x03}, 0x9001, true},
		{"fld m64", user, am, ac, []byte{0xdd, 0x03}, 0x5004, true},
		{"verr", user, am, ac, []byte{0x0f, 0x00, 0x23}, 0x5001, true},
		{"ring 0", false, am, ac, []byte{0x8b, 0x03}, 0x5002, false},
		{"no AM", user, false, ac, []byte{0x8b, 0x03}, 0x5002, false},
		{"no AC", user, am, false, []byte{0x8b, 0x03}, 0x5002, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
				for _, p := range []Processor{Interp, Unicorn} {
					m, c, k := newTaken(t, a, tt.code...)
					c.Space.processor = p
					if tt.user {
						ring3(c)
					}
					c.Sys.CR0 &^= CR0AM
					if tt.am {
						c.Sys.CR0 |= CR0AM
					}
					if tt.ac {
						c.RFLAGS |= x86.AC
					}
					c.GPR[x86.RBX] = tt.at
					m.Step(0)
					if tt.fault {
						require.Equal(t, []Trap{*FaultErr(x86.VecAC, 0)}, k.traps)
					} else {
						require.Empty(t, k.traps)
					}
				}
			})
		})
	}
}
