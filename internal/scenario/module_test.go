package scenario_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/loader"
	"trapline/internal/scenario"
	"trapline/internal/x86"
)

// moduleScenario calls a function of a module that is an ELF file beside it.
const moduleScenario = `A module from a file

-- machine --
arch i386
engine modern
-- text.S --
main:	movl $0xc0800000, %edx
	call *%edx
again:	call *%edx
	ret
-- modules --
driver elf driver.elf
-- kprobe_events --
p:ev/in driver:work+5 %ax
r:ev/out driver:work $retval
-- tasks --
cpu 0 at main
-- steps --
> level none
> cat kprobe_events
p:ev/in driver:work+5 arg1=%ax
r10:ev/out driver:work arg1=$retval

> until again
> rmmod driver
> cat kprobes/list
> insmod driver
> run
> cat kprobe_profile
> cat trace
`

// TestE5ModuleFromAFile: a module may be an ELF file; its symbols have its
// name, its code goes and comes back with it, and so do its probes, whose hits
// count on.
func TestE5ModuleFromAFile(t *testing.T) {
	img, err := asm.Assemble(context.Background(), asm.Source{Arch: x86.I386, Base: 0xc0800000, Name: "driver.S", Text: `
	.globl work
	.type work, @function
work:	movl $41, %eax
	addl $1, %eax
	ret
`})
	require.NoError(t, err)
	file, err := loader.ELF(img)
	require.NoError(t, err)
	f, err := scenario.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(moduleScenario)}, "driver.elf": {Data: file}}, "s.txtar")
	require.NoError(t, err)
	r, err := scenario.Open(context.Background(), f, scenario.Options{})
	require.NoError(t, err)
	defer r.Close()
	said := map[string]string{}
	tr := scenario.NewTranscript(r)
	for i := range f.Steps {
		text, err := tr.Do(context.Background(), &f.Steps[i])
		require.NoError(t, err)
		said[f.Steps[i].Directive()] = text
	}
	assert.Equal(t, f.Steps[1].Want, said["cat kprobe_events"])
	assert.Contains(t, said["cat kprobes/list"], "[GONE]")
	assert.Equal(t, "  in                                                         2               0\n  out                                                        2               0\n", said["cat kprobe_profile"])
	assert.Contains(t, said["cat trace"], "in: (work+0x5/0x1000 [driver]) arg1=0x29\n")
	assert.Contains(t, said["cat trace"], "out: (again+0x2/0xff9 <- work) arg1=0x2a\n")
}
