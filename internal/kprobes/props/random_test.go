package props_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/sched"
	"trapline/internal/x86"
)

// pieces are instructions that random programs are made of: lengths 1 to 6,
// flags read and written, the stack used, and immediates that are instructions
// themselves for who starts inside.
var pieces = [][]byte{
	{0x40},                               // inc %eax
	{0x4b},                               // dec %ebx
	{0x83, 0xc1, 0x05},                   // add $5,%ecx
	{0xb8, 0x41, 0x42, 0x43, 0x90},       // mov $imm,%eax: inc, inc, inc, nop inside
	{0xbb, 0x40, 0xf9, 0x41, 0xfd},       // mov $imm,%ebx: inc, stc, inc, std inside
	{0x01, 0xc8},                         // add %ecx,%eax
	{0x31, 0xc3},                         // xor %eax,%ebx
	{0x11, 0xc2},                         // adc %eax,%edx
	{0x9c, 0x5a},                         // pushf; pop %edx
	{0x50, 0x59},                         // push %eax; pop %ecx
	{0xf7, 0xd0},                         // not %eax
	{0x81, 0xc3, 0x40, 0x41, 0x42, 0x43}, // add $imm,%ebx
}

// randomProgram is random code and the offsets of its instructions' starts.
func randomProgram(t *rapid.T) (code []byte, starts []uint64) {
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(pieces)-1), 1, 12).Draw(t, "pieces") {
		starts = append(starts, uint64(len(code)))
		code = append(code, pieces[i]...)
	}
	return append(code, 0xc3), starts
}

// ended runs s to its end under a random schedule and tells vCPU 0's
// registers and the rows that its notes name.
func ended(t testing.TB, s *scene, seed uint64) (emu.Core, map[string]bool) {
	g := s.build(t)
	rows := map[string]bool{}
	sys := system(g) // no property: every run goes to its end
	defer sys.Close()
	observe := sys.Observe
	sys.Observe = func(ev *emu.Event) {
		observe(ev)
		for _, n := range ev.Notes {
			if n.Kind != kprobes.NoteHit {
				rows[n.ID] = true
			}
		}
	}
	next := &sched.Random{Seed: seed}
	next.Begin(0)
	out := explore.Run(sys, next, 20_000)
	require.True(t, out.Ended)
	for i := range g.Probes() {
		if g.Stats(i).Missed > 0 {
			rows["K11"] = true
		}
	}
	c := g.K.M.CPUs[0].Core
	c.RFLAGS &= x86.FlagsStatus | x86.IF | x86.TF | x86.DF
	return c, rows
}

// TestRandomProgramsUnder2002: on one vCPU engine 2002 is transparent. With a
// second one that takes a probe out, a run that is not is one in which a trap
// was swallowed with eip behind the byte (K8); misses alone (K11) change
// nothing.
func TestRandomProgramsUnder2002(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		code, starts := randomProgram(rt)
		probes := rapid.SliceOfNDistinct(rapid.SampledFrom(starts), 1, min(3, len(starts)), rapid.ID[uint64]).Draw(rt, "probes")
		plain, _ := ended(t, &scene{engine: "none", cpus: 1, code: code, start: []uint64{0}}, 0)
		one, _ := ended(t, &scene{engine: "2002", direct: true, cpus: 1, code: code, start: []uint64{0}, probes: probes}, 0)
		require.Equal(rt, plain.GPR, one.GPR)
		require.Equal(rt, plain.RFLAGS&(x86.FlagsStatus|x86.IF|x86.TF|x86.DF), one.RFLAGS)

		both := rapid.Bool().Draw(rt, "both run the code")
		s := &scene{engine: "2002", direct: true, cpus: 2, code: code, start: []uint64{0, 0}, probes: probes}
		if !both {
			s.setup = func(t testing.TB, g *kprobes.Manager, _ uint64) { call(t, g, 1, "unregister_kprobe", g.Address(0)) }
		}
		two, rows := ended(t, s, rapid.Uint64().Draw(rt, "schedule"))
		if plain.GPR != two.GPR || plain.RFLAGS&(x86.FlagsStatus|x86.IF|x86.TF|x86.DF) != two.RFLAGS {
			require.True(rt, rows["K8"], "not transparent, and no row says why: %v", rows)
		}
	})
}
