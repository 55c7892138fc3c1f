package fuzzsearch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/scenario"
)

// trusting is a system whose steps depend on nobody's number, as it says, so that
// nothing is compared.
type trusting struct{ *explore.Machine }

// After implements explore.Symmetric.
func (trusting) After(explore.Snapshot, []explore.Access, []explore.Access) explore.Dependence {
	return explore.Dependence{Exact: true}
}

const (
	ticket = "movl $1, %eax\n\tlock xaddl %eax, x\n\tmovl %eax, %ebx"
	number = "movl x, %edx\n\tmovl $-8192, %ecx\n\tandl %esp, %ecx\n\tmovl 12(%ecx), %eax" // smp_processor_id()
	apicID = "movl x, %edx\n\tmovl $1, %eax\n\tcpuid\n\tshrl $24, %ebx\n\tmovl %ebx, %esi" // the initial APIC ID
	count  = "movl x, %eax\n\tincl %eax\n\tmovl %eax, x"
)

// equalCases are scenarios of vCPUs with the same task.
var equalCases = map[string]struct {
	code, rest string
	engine     string
	machine    string
	equal      bool // they are taken for one another to the end
	noticed    bool // where nothing is compared, the answer differs
}{
	"counts":                    {code: count, equal: true},
	"takes a ticket":            {code: ticket, equal: true},
	"own address on own stack":  {code: "movl %esp, %ebp\n\tpushl %ebp\n\t" + count + "\n\tpopl %ecx", equal: true},
	"own number in a register":  {code: number + "\n\taddl %eax, x\n\tmovl x, %ebx", noticed: true},
	"own number in memory":      {code: number + "\n\tmovl %eax, x\n\tmovl x, %ebx", noticed: true},
	"own number by CPUID":       {code: apicID + "\n\taddl %esi, x\n\tmovl x, %ebx", noticed: true},
	"own address in memory":     {code: "movl %esp, x\n\tmovl x, %ebx", noticed: true},
	"address as data":           {code: "movl x, %edx\n\tmovl %esp, %eax\n\tshrl $4, %eax\n\taddl %eax, x\n\tmovl x, %ebx", noticed: true},
	"property names a vCPU":     {code: ticket, rest: "-- check --\nnever last: %ebx@1 == 2\n"},
	"end names a vCPU":          {code: ticket, rest: "-- check --\nfinally first: %ebx@0 != 2\n"},
	"interrupt of a vCPU":       {code: "incl x", rest: "-- interrupts --\ntimer cpu 1\n"},
	"code fetched ahead":        {code: "incl x", engine: "none", machine: "prefetch 16\n"},
	"handler names a vCPU":      {code: "p:\t" + count, engine: "modern", rest: "-- probes --\nq at p\n\tpre set u32[x] u32[x] + halted(1)\n"},
	"probe, own current_kprobe": {code: "p:\t" + count, engine: "modern", equal: true, rest: "-- probes --\nq at p\n\tpre count\n"},
	"probe, lock with owner":    {code: "p:\t" + count, engine: "2005", equal: true, rest: "-- probes --\nq at p\n\tpre count\n"},
	"probe that is missed":      {code: "p:\t" + count, engine: "2002", equal: true, rest: "-- probes --\nq at p\n\tpre count\n-- check --\nno-missed-probe\n"},
}

// Equal vCPUs are one for the search where nothing tells them apart, which
// changes no answer.
func TestEqualCPUs(t *testing.T) {
	for name, x := range equalCases {
		t.Run(name, func(t *testing.T) {
			engine, cpus := x.engine, 2 // a search without reduction is large where there are probes or interrupts
			if engine == "" {
				engine, cpus = "none", 3
			}
			text := fmt.Sprintf("Equal.\n-- machine --\narch i386\ncpus %d\nengine %s\n%s-- memory --\nx at 0xc0800000 size 4096 prot rw--\n\tu32 0\n-- text.S --\n"+
				"\t.globl worker, p\nworker:\n\t%s\n\tret\n", cpus, engine, x.machine, x.code)
			tasks := "-- tasks --\n"
			for cpu := range cpus {
				tasks += fmt.Sprintf("cpu %d at worker\n", cpu)
			}
			if !strings.Contains(x.rest, "check") {
				tasks += "-- check --\n"
			}
			probes, after, _ := strings.Cut(x.rest, "-- check")
			if after != "" {
				after = "-- check" + after
			}
			f, err := format.Parse("equal.txtar", []byte(text+probes+tasks+after))
			require.NoError(t, err)
			c := Small
			c.States, c.Executions = 10*c.States, 50
			c.Way = without + explore.EqualActors.String()
			r := CompareFile(t.Context(), &scenario.File{File: f}, false, c)
			require.Empty(t, r.Discarded)
			require.Empty(t, r.Differences)
			require.Equal(t, x.equal, r.Equal)
			if x.noticed {
				c.Wrap = func(sys explore.System) explore.System { return trusting{sys.(*explore.Machine)} }
				r = CompareFile(t.Context(), &scenario.File{File: f}, false, c)
				require.NotEmpty(t, r.Differences)
			}
		})
	}
}
