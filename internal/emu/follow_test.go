package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// Followed instructions are told of when they have retired. Run leaves those
// that count to Step, so that both count the same.
func TestFollowedInstructionsAreToldOf(t *testing.T) {
	m, c := newTest(t, x86.AMD64, 0x90, 0x90, 0x90, 0x0f, 0x31) // nop; nop; nop; rdtsc
	base := c.RIP
	told := map[uint16]int{}
	m.Follow(Followed{Base: base, At: []uint16{1, 2 | FollowedCounts, 0}, Passed: func(_ *CPU, known uint16) {
		told[known]++
		m.Event().Mean().Name = "line"
	}})
	require.Equal(t, "line", m.Step(0).Micro.Name)
	require.Equal(t, StepInstruction, m.Event().Kind)
	require.Equal(t, "line", m.StepLean(0).Micro.Name)
	require.Nil(t, m.Step(0).Micro)
	require.Equal(t, map[uint16]int{1: 1, 2: 1}, told)

	c.RIP = base
	n, why := m.Run(0, 100)
	require.Equal(t, RunStep, why)
	require.LessOrEqual(t, n, uint64(1), "not the instruction that counts")
	for c.RIP != base+2 {
		m.Step(0)
	}
	require.Equal(t, 2, told[2])
}

// A step that is taken back leaves the vCPU where it was, and is a spin.
func TestAStepIsTakenBack(t *testing.T) {
	m, c := newTest(t, x86.AMD64, 0xff, 0xc0, 0x90) // inc %eax
	before := c.Core
	m.Follow(Followed{Base: c.RIP, At: []uint16{1}, Passed: func(c *CPU, _ uint16) { m.TakeBack(c) }})
	require.Equal(t, StepSpin, m.Step(0).Kind)
	require.Equal(t, before, c.Core)
	require.Equal(t, StepSpin, m.StepLean(0).Kind)
	require.Equal(t, before, c.Core)
}
