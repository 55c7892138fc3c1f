package scenario_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/scenario"
	"trapline/internal/x86"
)

// pokes is cpu1's work on the instruction at site, a line each: what the steps of
// the kernel's text_poke_bp() do.
var pokes = map[string]string{
	"publish": "movl $1, published",
	"int3":    "movb $0xcc, site",
	"tail":    "movl $0x22222222, site+1",
	"head":    "movb $0xb9, site",
	"sync":    "call sync_core_all",
	"fence":   "mfence",
	"remove":  "movl $0, published",
}

// pokeEnd tells what cpu0 has run that is neither the old instruction nor the new
// one, nor the handler's emulation of the new one; "": nothing.
func pokeEnd(c *emu.CPU) string {
	eax, ecx, ipis := c.GPR[x86.RAX], c.GPR[x86.RCX], c.GPR[x86.RSI]
	switch {
	case c.GPR[x86.RDX] != 0:
		return "unknown int3"
	case eax != 0 && eax != 0x11111111 && ipis == 0:
		return "old head before IPI"
	case eax != 0 && eax != 0x11111111:
		return "old head after IPI"
	case ecx != 0 && ecx != 0x22222222:
		return "new head"
	}
	return ""
}

// pokeScenario has cpu0 run through site, which is mov $0x11111111,%eax, while
// cpu1 makes it mov $0x22222222,%ecx. cpu1's interrupts reach cpu0 by the x2APIC;
// cpu0 counts them, and has the count in esi when it comes to the site.
func pokeScenario(machine string, protocol ...string) string {
	var work strings.Builder
	for _, p := range protocol {
		fmt.Fprintf(&work, "\t%s\n", pokes[p])
	}
	return fmt.Sprintf(`Changing an instruction of five bytes that another CPU runs.
-- machine --
arch i386
cpus 2
engine none
%s
-- memory --
idt at 0xc0800000 size 4096 prot rw--
	u32 0 0 0 0 0 0
	u32 0x100000|(bp&0xffff) (bp&0xffff0000)|0x8e00
	u32 0 0 0 0 0 0 0 0
	u32 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	u32 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	u32 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	u32 0x100000|(ipi&0xffff) (ipi&0xffff0000)|0x8e00
idtr at 0xc0801000 size 4096 prot rw--
	u16 0x7ff
	u32 idt
flags at 0xc0802000 size 4096 prot rw--
	u32 0 0 0 0
-- text.S --
	.set ready, flags
	.set done, flags+4
	.set acks, flags+8
	.set published, flags+12
	.globl runner, site, patcher, bp, ipi
runner:
	lidt idtr
	movl $1, ready
	movl acks, %%esi
site:
	.byte 0xb8, 0x11, 0x11, 0x11, 0x11
	movl $1, done
	ret
bp:
	cmpl $0, published
	je 1f
	movl $0x22222222, %%ecx
	addl $4, (%%esp)
	iret
1:	movl $1, %%edx
	addl $4, (%%esp)
	iret
ipi:
	incl acks
	iret
patcher:
	cmpl $0, ready
	je patcher
%s	ret
sync_core_all:
	movl acks, %%ebx
	movl $0x830, %%ecx
	movl $0x20, %%eax
	xorl %%edx, %%edx
	wrmsr
1:	cmpl $0, done
	jne 2f
	cmpl acks, %%ebx
	je 1b
2:	ret
-- tasks --
cpu 0 at runner eax=0 ecx=0 edx=0 esi=0
cpu 1 at patcher
-- check --
no-unhandled-trap
no-livelock
`, machine, work.String())
}

// pokeShows is what the ends of every schedule show, in order.
func pokeShows(t *testing.T, machine string, protocol ...string) []string {
	text := pokeScenario(machine, protocol...)
	f, err := scenario.LoadFS(fstest.MapFS{"poke.txtar": {Data: []byte(text)}}, "poke.txtar")
	require.NoError(t, err, text)
	shown := map[string]bool{}
	x, err := scenario.Search{Options: explore.Options{AtEnd: func(s explore.System) {
		if end := pokeEnd(s.(*explore.Machine).M.CPUs[0]); end != "" {
			shown[end] = true
		}
	}}}.Do(t.Context(), f)
	require.NoError(t, err)
	require.True(t, x.Exhausted, "%v", x.Verdict())
	return slices.Sorted(maps.Keys(shown))
}

// T4: int3 first, and an interrupt to every CPU behind each of the three stores,
// is safe where fetches can be torn. Each way to get it wrong shows by itself.
func TestT4MutantsOfInt3First(t *testing.T) {
	const plain, ahead = "", "prefetch 8"
	right := []string{"publish", "int3", "sync", "tail", "sync", "head", "sync", "remove"}
	for name, x := range map[string]struct {
		protocol     []string
		plain, ahead []string
	}{
		"right":                      {right, nil, nil},
		"no int3 first":              {[]string{"publish", "tail", "sync", "head", "sync", "remove"}, []string{"old head after IPI", "old head before IPI"}, []string{"old head after IPI", "old head before IPI"}},
		"no sync behind int3":        {[]string{"publish", "int3", "tail", "sync", "head", "sync", "remove"}, nil, []string{"old head before IPI"}},
		"tail after head":            {[]string{"publish", "int3", "sync", "head", "sync", "tail", "sync", "remove"}, []string{"new head"}, []string{"new head"}},
		"no sync between tail, head": {[]string{"publish", "int3", "sync", "tail", "head", "sync", "remove"}, nil, []string{"new head"}},
		"no sync behind the last":    {[]string{"publish", "int3", "sync", "tail", "sync", "head", "remove"}, []string{"unknown int3"}, []string{"unknown int3"}},
		"sync before int3":           {[]string{"publish", "sync", "int3", "tail", "sync", "head", "sync", "remove"}, nil, []string{"old head after IPI"}},
		"tail before int3":           {[]string{"publish", "tail", "int3", "sync", "head", "sync", "remove"}, []string{"old head before IPI"}, []string{"old head before IPI"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, x.plain, pokeShows(t, plain, x.protocol...), "without prefetch")
			require.Equal(t, x.ahead, pokeShows(t, ahead, x.protocol...), "with prefetch")
		})
	}
}

// T2, T4: WRMSR to the x2APIC does not drain the store buffer (SDM vol. 3,
// 11.12.3), so that the interrupt may come before the store that it is to follow.
func TestT2AnIPIOvertakesStores(t *testing.T) {
	const machine = "prefetch 8\nmemory-model tso 2"
	require.Empty(t, pokeShows(t, machine, "publish", "int3", "fence", "sync", "tail", "fence", "sync", "head", "fence", "sync", "remove"))
	require.Contains(t, pokeShows(t, machine, "publish", "int3", "sync", "tail", "fence", "sync", "head", "fence", "sync", "remove"), "old head after IPI")
}

// T4: of instructions whose bytes another vCPU changes, each byte may be fetched old
// or new, whatever stores change them, and the reduction loses none of the ends.
func TestT4EveryMixOfBytes(t *testing.T) {
	const text = `A byte of an opcode and an immediate operand.
-- machine --
arch i386
cpus 2
engine none
%s
-- text.S --
	.globl runner, writer
runner:
	nop
	nop
site:
	.byte 0xb0, 1, 0xb4, 3
	ret
writer:
	%s
	ret
-- tasks --
cpu 0 at runner
cpu 1 at writer
-- check --
no-unhandled-trap
`
	const apart, atOnce = "movb $0xb1, site\n\tmovb $2, site+1\n\tmovb $0xb5, site+2", "movl $0x03b502b1, site"
	for _, x := range []struct {
		machine, stores string
		want            int
	}{
		{"", apart, 6}, {"", atOnce, 3}, {"prefetch 1", apart, 6}, {"prefetch 2", atOnce, 4}, {"prefetch 4", apart, 8}, {"prefetch 4", atOnce, 7}, // what stays old lies together
	} {
		f, err := scenario.LoadFS(fstest.MapFS{"mix.txtar": {Data: fmt.Appendf(nil, text, x.machine, x.stores)}}, "mix.txtar")
		require.NoError(t, err)
		var ends [2]map[[2]uint64]bool
		for i := range ends {
			ends[i] = map[[2]uint64]bool{}
			r, err := scenario.Search{Options: explore.Options{NoReduction: i == 1, AtEnd: func(s explore.System) {
				c := s.(*explore.Machine).M.CPUs[0]
				ends[i][[2]uint64{c.GPR[x86.RAX], c.GPR[x86.RCX]}] = true
			}}}.Do(t.Context(), f)
			require.NoError(t, err)
			require.True(t, r.Exhausted)
		}
		require.Equal(t, ends[1], ends[0], x)
		require.Len(t, ends[0], x.want, "%+v", x)
	}
}
