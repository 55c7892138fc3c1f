package scenario_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/scenario"
	"trapline/internal/x86"
)

// TestSavedRegistersAreNamed: under every engine on both architectures, the
// story calls the saved flags and instruction pointer that a hit's micro-steps
// change by their names; the stub of a 64-bit kernel moves the frame of an int3.
func TestSavedRegistersAreNamed(t *testing.T) {
	for name, arch := range map[string]x86.Arch{"first-probe": x86.I386, "x86-64-first-probe": x86.AMD64} {
		for _, engine := range engines.Names(engines.Kernel)[1:] {
			f, err := scenario.Load(name)
			require.NoError(t, err)
			r := open(t, f, scenario.Options{Engine: engine})
			wrote := map[string]string{}
			require.NoError(t, r.Finish(context.Background(), func(ev *emu.Event) {
				d := r.Names().Describe(ev)
				for i := range d.Writes {
					if ev.Micro != nil {
						wrote[ev.Micro.Name] += d.Writes[i].At + " "
					}
				}
			}))
			ip := map[x86.Arch]string{x86.I386: "regs->eip ", x86.AMD64: "regs->rip "}[arch]
			where := fmt.Sprintf("%s under %s: %v", name, engine, wrote)
			if engine == "2002" {
				require.Equal(t, ip, wrote["rewind_eip"], where)
			} else {
				require.Equal(t, ip, wrote["set_copy_ip"], where)
				require.Contains(t, wrote["resume_execution"], ip, where)
			}
			require.Equal(t, "regs->eflags ", wrote["prepare_singlestep"], where)
			require.Equal(t, "regs->eflags ", wrote["restore_saved_flags"], where)
		}
	}
}
