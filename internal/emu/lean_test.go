package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// TestStepLean takes the same steps with and without the parts of an event that
// StepLean leaves out: plain instructions, x87 and software interrupts whose
// delivery takes them back, faults, single steps.
func TestStepLean(t *testing.T) {
	codes := map[string][]byte{
		"stores, then a page fault": {0x50, 0x89, 0x03, 0xff, 0x06, 0xa3, 0, 0, 0, 0x70},
		"x87, then a page fault":    {0xd9, 0xe8, 0xd9, 0x1e, 0xd9, 0x1b},
		"divide error":              {0x31, 0xc9, 0xf7, 0xf1},
		"int3":                      {0x90, 0xcc},
		"int":                       {0x90, 0xcd, 0x20},
		"trap flag":                 {0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x90, 0x90},
		"rep":                       {0xb9, 3, 0, 0, 0, 0xf3, 0xa4, 0xf4},
		"sti":                       {0xfb, 0x90, 0x90},
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for name, code := range codes {
			t.Run(name, func(t *testing.T) {
				full, c, k := newTaken(t, a, code...)
				lean, d, l := newTaken(t, a, code...)
				for _, c := range []*CPU{c, d} {
					c.GPR[x86.RSI], c.GPR[x86.RDI], c.GPR[x86.RBX] = 0x5000, 0x5100, 0x123456789&full.Arch.Mask(^uint64(0))
					c.RaiseInterrupt(0x30)
				}
				for range 8 {
					want, got := full.Step(0), lean.StepLean(0)
					require.Equal(t, want.Kind, got.Kind)
					require.Equal(t, want.Bytes, got.Bytes)
					require.Equal(t, want.Reads, got.Reads)
					require.Equal(t, want.Writes, got.Writes)
					require.Equal(t, want.Raised, got.Raised)
					if want.Delivery != nil {
						require.Equal(t, want.Before, got.Before, "what a delivery goes back to")
					}
					require.Equal(t, full.Hash(true), lean.Hash(true))
					require.Equal(t, k.traps, l.traps)
				}
			})
		}
	})
}
