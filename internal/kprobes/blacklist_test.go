package kprobes_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/linux/abi"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// TestG0Blacklist: whatever a kernel of 6.1 lists as blacklisted is refused, before
// the run and by the kernel's own register_kprobe; what is not on the way of a
// hit is taken, and so is everything by the older kernels, which have no list.
func TestG0Blacklist(t *testing.T) {
	text, err := os.ReadFile("../events/tracefs/blacklist-6.1.txt")
	require.NoError(t, err)
	var listed []string
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		names := newKit(t, a, "modern", 1)
		for _, name := range append(strings.Fields(string(text)), "int3", "restore_all", "do_debug", "kprobe_running", "fix_pushf") {
			if !names.k.HasSymbol(name) {
				continue
			}
			r := newKit(t, a, "modern", 1)
			listed = append(listed, name)
			at := r.k.Symbol(name)
			i := r.define(kprobes.Probe{Name: "p", Addr: at})
			require.ErrorIs(t, r.g.Register(i), abi.EINVAL, name)
			cpu := r.call(0, "register_kprobe", i)
			r.done(0)
			require.EqualValues(t, -int32(abi.EINVAL), int32(cpu.GPR[x86.RAX]), name)
			require.Zero(t, r.word("kprobe_mutex"))
		}
		for engine, names := range map[string][]string{
			"modern": {"register_kprobe", "mutex_lock", "synchronize_rcu", "handle_mm_fault", "do_signal", "spin_lock", "unregister_kretprobe", "pre_handler_action"},
			"2002":   {"get_kprobe", "kprobe_handler", "do_int3", "int3"},
			"2005":   {"get_kprobe", "kprobe_handler", "do_int3", "int3"},
		} {
			for _, name := range names {
				r := newKit(t, a, engine, 1)
				i := r.define(kprobes.Probe{Name: "p", Addr: r.k.Symbol(name)})
				require.NoError(t, r.g.Register(i), "%s: %s", engine, name)
			}
		}
	})
	require.Greater(t, len(listed), 2*16)
}

// TestG0NoFunctionOfAHitMayBeProbed: of kernel text, a hit runs blacklisted places
// only, but for handlers.
func TestG0NoFunctionOfAHitMayBeProbed(t *testing.T) {
	handlers := []string{"pre_handler_action", "post_handler_action", "fault_handler_action", "return_handler_action"}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, engine := range []string{"modern", "modern+boost", "modern+int3"} {
			if engine == "modern+int3" && a == x86.I386 {
				continue
			}
			r := newKit(t, a, engine, 1)
			code := []byte{0x40, 0x9c, 0x9d, 0xe8, 0, 0, 0, 0, 0x58, 0x0f, 0xc8, 0xc3} // inc or REX; pushf; popf; call to the next; pop; bswap; ret
			if a == x86.AMD64 {
				code[0] = 0x90
			}
			at := r.kernel(code...)
			for n, off := range []uint64{0, 1, 2, 3, 8, 9} {
				p := kprobes.Probe{Name: string(rune('a' + n)), Addr: at + off}
				if n%2 == 0 {
					p.Post.Action = nothing
				}
				r.probe(p)
				r.probe(kprobes.Probe{Name: p.Name + "2", Addr: at + off}) // an aggregated one
			}
			ret, err := r.g.Define(kprobes.Probe{Name: "r", Addr: at, Return: &kprobes.Return{Handler: kprobes.Handler{Action: nothing}}})
			require.NoError(t, err)
			require.NoError(t, r.g.Register(ret))
			r.start(0, at)
			seen := 0
			for r.m.CPUs[0].Shutdown == "" {
				pc := r.m.CPUs[0].RIP
				if ev := r.step(0); ev.Kind != emu.StepInstruction && ev.Micro == nil || pc < r.k.Layout.Text || pc >= r.k.Layout.Data {
					continue
				}
				name, _, _ := strings.Cut(r.k.Name(pc), "+")
				seen++
				assert.True(t, r.g.Blacklisted(pc) || slices.Contains(handlers, name), "%s: %s", engine, r.k.Name(pc))
			}
			require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown)
			require.Greater(t, seen, 500)
			require.NotZero(t, r.g.Stats(0).Hits)
		}
	})
}
