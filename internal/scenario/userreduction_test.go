package scenario_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// deeds are what a thread of a generated program may do: plain and locked updates, a hit, changes of mappings and
// accesses that depend on them, memory that the kernel reads, and the end of all threads.
var deeds = []string{
	"movl word, %eax\nincl %eax\nmovl %eax, word",
	"lock incl word",
	"call target",
	"incl page",
	"movl $11, %eax\nmovl $page, %edi\nmovl $4096, %esi\nsyscall",                // munmap
	"movl $10, %eax\nmovl $page, %edi\nmovl $4096, %esi\nmovl $1, %edx\nsyscall", // mprotect
	"movl $1, %eax\nmovl $1, %edi\nmovl $word, %esi\nmovl $1, %edx\nsyscall",     // write
	"movl $231, %eax\nmovl $3, %edi\nsyscall",                                    // exit_group
}

// threaded is a program of threads, each with deeds of its own, whose function target has a probe. The machine has two
// vCPUs.
func threaded(threads [][]string) string {
	var b strings.Builder
	b.WriteString("Generated.\n-- machine --\narch x86_64\ncpus 2\nmemory 1M\nengine uprobes\n-- text.S --\n\t.globl _start, target\n_start:\n")
	for i := 1; i < len(threads); i++ {
		fmt.Fprintf(&b, "movl $56, %%eax\nmovl $0x50f00, %%edi\nmovl $stacks+%d, %%esi\nsyscall\ntestl %%eax, %%eax\njz thread%d\n", 64*i, i)
	}
	for i, list := range threads {
		fmt.Fprintf(&b, "thread%d:\n%s\nmovl $60, %%eax\nmovl word, %%edi\nsyscall\n", i, strings.Join(list, "\n"))
	}
	b.WriteString("target:\nincl word\nret\n.bss\nword: .skip 4096\n.balign 4096\npage: .skip 4096\nstacks: .skip 256\n")
	b.WriteString("-- uprobe_events --\np:target /prog:target\n-- check --\nfinally counted: hits(target) < 100\n")
	return b.String()
}

// generated makes programs of two threads, some with two deeds in one of them, and one of three that only end or have a
// hit.
func generated(n int) (programs []string) {
	r := rand.New(rand.NewPCG(7, 1))
	deed := func() string { return deeds[r.IntN(len(deeds))] }
	for i := range n {
		threads := [][]string{{deed()}, {deed()}}
		switch i % 4 {
		case 0:
			threads[0] = []string{"call target"}
		case 1:
			threads[1] = append(threads[1], deed())
		}
		if i == n-1 {
			threads = [][]string{{"call target"}, nil, nil}
		}
		programs = append(programs, threaded(threads))
	}
	return programs
}

// searchedTwice searches every schedule under an engine: with reduction, and asking at every step.
func searchedTwice(t *testing.T, f *scenario.File, engine string) (some, every *explore.Report) {
	s, err := scenario.NewSystems(t.Context(), f, scenario.Options{Engine: engine})
	require.NoError(t, err)
	defer s.Close()
	var reports [2]*explore.Report
	for i := range reports {
		r, err := explore.Search(t.Context(), s.New, explore.Options{
			NoReduction: i == 1, KeepOutcomes: true,
		})
		require.NoError(t, err)
		require.True(t, r.Exhausted || r.Found != nil, "%v", r.Verdict())
		reports[i] = r
	}
	t.Logf("%s: %d ends; %v; without reduction %v", engine, len(reports[1].Outcomes), reports[0].Summary, reports[1].Summary)
	return reports[0], reports[1]
}

// S3: leaving out the schedules that a search takes for equal loses no final state of a Linux program, in which missed
// hits are counted, under any engine.
func TestS3ProgramsEndAsWithoutReduction(t *testing.T) {
	for i, text := range generated(10) {
		f := parse(t, text)
		engines := engines.Names(engines.Program)
		if !strings.Contains(text, "call target") {
			engines = engines[:2] // without a hit they do the same
		}
		for _, engine := range engines {
			some, every := searchedTwice(t, f, engine)
			require.Nil(t, every.Found)
			require.Equal(t, every.Outcomes, some.Outcomes, "program %d under %s:\n%s", i, engine, text)
		}
	}
}

// S3: nor does it lose a violation, or one with as few preemptions.
func TestS3RacesAreFoundWithReduction(t *testing.T) {
	for _, name := range []string{"threads-inline-miss", "threads-xol"} {
		f, err := scenario.Load(name)
		require.NoError(t, err)
		some, every := searchedTwice(t, f, f.Machine.Engine)
		require.Equal(t, every.Outcomes, some.Outcomes, name)
		require.Equal(t, every.Preemptions, some.Preemptions, name)
		if require.Equal(t, every.Found == nil, some.Found == nil, name); every.Found != nil {
			require.Equal(t, every.Found.Violation.Property, some.Found.Violation.Property, name)
		}
	}
}
