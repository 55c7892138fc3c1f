package litmus_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/litmus"
)

var nativeRuns = flag.Int("native", 2000, "runs of each test on this processor, in each mode")

// manyRuns is how many runs show store buffering wherever there is more than one
// processor.
const manyRuns = 1_000_000

// native are the published tests that run on the processor: of two threads, so
// that two processors run them at once.
var native = []string{
	"SB, iwp2.3.a, amd4", "MP, iwp2.1, amd1", "amd5, SB+mfences", "LB, iwp2.2, amd2", "iwp2.4, amd9", "amd3", "iwp2.8.a",
	"SB+locked elsewhere", "R, n1 of two threads", "2+2W", "n5", "n6",
}

// T2: what this processor does in a million runs (-native) the machine allows, in
// 64-bit and in 32-bit mode; store buffering is among it.
func TestT2ThisProcessorDoesNothingElse(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil || runtime.GOARCH != "amd64" || runtime.GOOS != "linux" {
		t.Skip("needs gcc, on linux/amd64")
	}
	list := native
	if *nativeRuns < manyRuns {
		list = native[:3] // compiling takes longer than running
	}
	seen := 0
	for _, x := range published {
		for _, name := range list {
			if x.name != name {
				continue
			}
			test, err := litmus.Parse(x.name, text(x.name, "", x.condition, x.threads...))
			require.NoError(t, err)
			r, err := test.Outcomes(t.Context(), x.name, 8, litmus.Options{})
			require.NoError(t, err)
			for _, mode := range []string{"-m64", "-m32"} {
				counts := runNatively(t, gcc, mode, test)
				t.Logf("%s %s: %v", mode, x.name, counts)
				for shown := range counts {
					require.Contains(t, shownOf(test, r), shown, "%s %s", mode, x.name)
				}
				if name == native[0] && *nativeRuns >= manyRuns && runtime.NumCPU() > 1 {
					require.Contains(t, counts, "0:EAX=0; 1:EAX=0", mode)
				}
			}
			seen++
		}
	}
	require.Equal(t, len(list), seen)
}

func shownOf(test *litmus.Test, r *litmus.Result) []string {
	var list []string
	for _, o := range r.Outcomes() {
		list = append(list, test.Show(o))
	}
	return list
}

// runNatively compiles a test and runs it, and counts outcomes as Show writes them.
func runNatively(t *testing.T, gcc, mode string, test *litmus.Test) map[string]int {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "test.c"), filepath.Join(dir, "test")
	require.NoError(t, os.WriteFile(source, []byte(nativeSource(test)), 0o600))
	out, err := exec.Command(gcc, mode, "-O1", "-pthread", "-o", program, source).CombinedOutput()
	if err != nil && mode == "-m32" && bytes.Contains(out, []byte("No such file")) {
		t.Logf("no headers or libraries of 32-bit programs: %s", out)
		return nil
	}
	require.NoError(t, err, "%s", out)
	out, err = exec.CommandContext(t.Context(), program, strconv.Itoa(*nativeRuns)).CombinedOutput()
	require.NoError(t, err, "%s", out)
	counts := map[string]int{}
	for line := range strings.Lines(string(out)) {
		shown, n, _ := strings.Cut(strings.TrimSpace(line), " x")
		counts[shown], err = strconv.Atoi(n)
		require.NoError(t, err, line)
	}
	return counts
}

// nativeSource is a C program that runs the test as often as its argument says:
// thread 0 clears the locations when the others are ready, lets them go, and waits
// for them. Each begins behind a random delay.
func nativeSource(test *litmus.Test) string {
	var b strings.Builder
	for _, l := range test.Locations {
		fmt.Fprintf(&b, "static volatile int %s __attribute__((aligned(128)));\n", l)
	}
	fmt.Fprintf(&b, "#define THREADS %d\nstatic volatile int regs[THREADS][2] __attribute__((aligned(128)));\n", len(test.Threads))
	for i, list := range test.Threads {
		var code strings.Builder
		for _, in := range list {
			code.WriteString(nativeInstruction(&in) + "\\n\\t")
		}
		var operands strings.Builder
		for j, l := range test.Locations {
			if j > 0 {
				operands.WriteString(", ")
			}
			fmt.Fprintf(&operands, `[%s] "+m"(%s)`, l, l)
		}
		fmt.Fprintf(&b, "static void P%d(void) { int a = 0, b = 0; asm volatile(\"%s\" : \"+a\"(a), \"+b\"(b), %s : : \"memory\", \"cc\"); regs[%d][0] = a; regs[%d][1] = b; }\n",
			i, code.String(), operands.String(), i, i)
	}
	b.WriteString("static void (*const bodies[])(void) = {")
	for i := range test.Threads {
		fmt.Fprintf(&b, "P%d, ", i)
	}
	b.WriteString("};\nstatic void clear(void) {")
	for _, l := range test.Locations {
		fmt.Fprintf(&b, " %s = %d;", l, test.Initial[l])
	}
	b.WriteString(" }\n#define OBSERVED " + strconv.Itoa(len(test.Observed)) + "\nstatic void observe(int *o) {")
	var format []string
	for i, p := range test.Observed {
		if p.Thread < 0 {
			fmt.Fprintf(&b, " o[%d] = %s;", i, p.Location)
		} else {
			fmt.Fprintf(&b, " o[%d] = regs[%d][%d];", i, p.Thread, map[string]int{"EAX": 0, "EBX": 1}[p.Reg.String()])
		}
		format = append(format, p.String()+"=%d")
	}
	fmt.Fprintf(&b, " }\n#define FORMAT %q\n#define VALUES(o) ", strings.Join(format, "; ")+" x%d\n")
	for i := range test.Observed {
		fmt.Fprintf(&b, "(o)[%d], ", i)
	}
	return `#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
` + b.String() + nativeLoop
}

const nativeLoop = `
static atomic_int go __attribute__((aligned(128))), ready[THREADS][32] __attribute__((aligned(128))), done[THREADS][32] __attribute__((aligned(128)));
static int runs;
static cpu_set_t all; // before any thread is pinned

static void pin(int n) {
	cpu_set_t one;
	n %= CPU_COUNT(&all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && n-- == 0) {
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			sched_setaffinity(0, sizeof one, &one);
			return;
		}
}

static void await(atomic_int *what, int value) {
	for (int spins = 0; atomic_load_explicit(what, memory_order_acquire) < value; spins++)
		if (spins > 2000)
			sched_yield();
}

// delay takes up to 1 << bits turns, of every order of magnitude.
static void delay(unsigned *seed, int bits) {
	*seed = *seed * 1103515245 + 12345;
	unsigned turns = *seed >> 16;
	for (volatile int d = turns & ((1 << (turns >> 11) % bits) - 1); d > 0; d--)
		;
}

static void *thread(void *arg) {
	int me = (int)(long)arg;
	unsigned seed = me;
	pin(me);
	for (int i = 1; i <= runs; i++) {
		atomic_store_explicit(&ready[me][0], i, memory_order_release);
		await(&go, i);
		delay(&seed, 5);
		bodies[me]();
		atomic_store_explicit(&done[me][0], i, memory_order_release);
	}
	return 0;
}

#define MOST 64
static struct { int o[OBSERVED], n; } counts[MOST];

static void count(void) {
	int o[OBSERVED], i = 0;
	observe(o);
	while (i < MOST - 1 && counts[i].n && memcmp(counts[i].o, o, sizeof o))
		i++;
	memcpy(counts[i].o, o, sizeof o);
	counts[i].n++;
}

int main(int argc, char **argv) {
	pthread_t t[THREADS];
	unsigned seed = 99;
	runs = atoi(argv[argc - 1]);
	sched_getaffinity(0, sizeof all, &all);
	pin(0);
	for (long i = 1; i < THREADS; i++)
		if (pthread_create(&t[i], 0, thread, (void *)i))
			return 2;
	for (int i = 1; i <= runs; i++) {
		for (int n = 1; n < THREADS; n++)
			await(&ready[n][0], i);
		clear();
		atomic_store(&go, i);
		delay(&seed, 12);
		bodies[0]();
		for (int n = 1; n < THREADS; n++)
			await(&done[n][0], i);
		count();
	}
	for (int i = 0; i < MOST && counts[i].n; i++)
		printf(FORMAT, VALUES(counts[i].o) counts[i].n);
	return 0;
}
`

// nativeInstruction is an instruction in AT&T syntax, with a location as an operand
// of the C compiler's.
func nativeInstruction(in *litmus.Instruction) string {
	operand := func(o litmus.Operand) string {
		switch o.Kind {
		case litmus.Register:
			return "%%" + strings.ToLower(o.Reg.String())
		case litmus.Immediate:
			return fmt.Sprintf("$%d", o.Number)
		}
		return "%[" + o.Location + "]"
	}
	s := in.Op
	if in.Lock {
		s = "lock " + s
	}
	if in.To.Kind == litmus.None {
		return s
	}
	if in.From.Kind == litmus.None {
		return s + "l " + operand(in.To)
	}
	return s + "l " + operand(in.From) + ", " + operand(in.To)
}
