package litmus_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/litmus"
	"trapline/internal/scenario"
)

// atEnd is a register of a thread as a condition has it.
var atEnd = regexp.MustCompile(`\(%(\w+)@(\d+) & 0xffffffff\)`)

// program is a test as a Linux program whose threads, one a vCPU, leave their registers in memory. It is violated where
// the condition is shown.
func program(t *testing.T, test *litmus.Test) *scenario.File {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n-- machine --\narch x86_64\ncpus %d\nmemory 1M\nengine none\n-- text.S --\n\t.globl _start\n_start:\nlock addl $0, %s\n", test.Name, len(test.Threads), test.Locations[0])
	for i := 1; i < len(test.Threads); i++ {
		fmt.Fprintf(&b, "movl $56, %%eax\nmovl $0x50f00, %%edi\nmovl $stacks+%d, %%esi\nsyscall\ntestl %%eax, %%eax\njz thread%d\n", 256*i, i)
	}
	condition := test.Expression()
	left := map[string]bool{}
	for i := range test.Threads {
		fmt.Fprintf(&b, "thread%d:\n%s\n", i, strings.Join(test.Source(i), "\n"))
		for _, m := range atEnd.FindAllStringSubmatch(condition, -1) {
			if cell := "left_" + m[2] + "_" + m[1]; m[2] == fmt.Sprint(i) && !left[cell] {
				left[cell] = true
				fmt.Fprintf(&b, "movq %%%s, %s\n", m[1], cell)
			}
		}
		b.WriteString("movl $60, %eax\nxorl %edi, %edi\nsyscall\n")
	}
	b.WriteString(".data\n")
	for _, l := range test.Locations {
		fmt.Fprintf(&b, ".balign 64\n%s: .quad %d\n", l, test.Initial[l])
	}
	for cell := range left {
		fmt.Fprintf(&b, ".balign 64\n%s: .quad 0\n", cell)
	}
	fmt.Fprintf(&b, ".bss\n.balign 64\nstacks: .skip %d\n-- uprobe_events --\n-- check --\nfinally never-so: !(%s)\n",
		256*len(test.Threads), atEnd.ReplaceAllString(condition, "u32[left_${2}_$1]"))
	f, err := format.Parse("program.txtar", []byte(b.String()))
	require.NoError(t, err, b.String())
	return &scenario.File{File: f}
}

// T2: threads of a Linux program, each on a vCPU of its own, end as the published tests of two threads say, and can end
// as those of three allow. The other searches take minutes each.
func TestT2PublishedAsPrograms(t *testing.T) {
	ran := 0
	for _, x := range published {
		if strings.Contains(x.threads[0], "INT3") || len(x.threads) > 3 || len(x.threads) > 2 && !x.tso { // INT3 is a signal
			continue
		}
		test, err := litmus.Parse(x.name, text(x.name, "", x.condition, x.threads...))
		require.NoError(t, err)
		ran++
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			for stores, allowed := range map[int]bool{0: x.sc, 4: x.tso} {
				if len(x.threads) > 2 && stores == 0 {
					continue
				}
				f := program(t, test)
				f.Machine.StoreBuffer = stores
				found, err := scenario.Search{}.Do(t.Context(), f)
				require.NoError(t, err)
				if require.Equal(t, allowed, found.Found != nil, "stores %d", stores); found.Found == nil {
					require.True(t, found.Exhausted)
				}
			}
		})
	}
	require.GreaterOrEqual(t, ran, 25)
}
