package linux

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// debianRuns are runs of programs from Debian's sources: a program's arguments and standard input.
var debianRuns = []struct {
	program string
	args    []string
	stdin   string
}{
	{"lua", []string{"testdata/programs/arithmetic.lua"}, ""},
	{"lua", []string{"testdata/programs/fannkuch.lua"}, ""},
	{"lua", []string{"testdata/programs/numbers.lua"}, ""},
	{"zstd", []string{"-c", "-9"}, textOf(60_000)},
	{"zstd", []string{"-c", "-19"}, textOf(20_000)},
	{"sqlite3", []string{"-batch", ":memory:"}, sql},
	{"busybox", []string{"sha256sum"}, textOf(50_000)},
	{"busybox", []string{"sha3sum"}, textOf(5_000)},
	{"busybox", []string{"sha512sum"}, textOf(20_000)},
	{"busybox", []string{"gzip", "-9"}, textOf(40_000)},
	{"busybox", []string{"bzip2"}, textOf(20_000)},
	{"busybox", []string{"awk", "{s += sqrt($1) * sin(NR) / 3; t = t substr($0, 1, 1)} END {printf \"%.10g %g %s\\n\", s, log(s * s), t}"}, numbersOf(400)},
	{"busybox", []string{"sort", "-g"}, numbersOf(300)},
	{"busybox", []string{"bc"}, "scale=40\n4*a(1)\ne(2.5)\nl(7)\ns(1.2)\n2^300\nsqrt(2)\n"},
	{"busybox", []string{"seq", "-s,", "0.1", "0.37", "20"}, ""},
	{"busybox", []string{"printf", "%.15g %e %a\\n", "3.3e-5", "1e300", "0.1"}, ""},
	{"busybox", []string{"factor", "1000036000099", "999999999999"}, ""},
	{"busybox", []string{"od", "-t", "f8"}, textOf(64)},
}

const sql = `CREATE TABLE t (a INTEGER PRIMARY KEY, b REAL, c TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT i, i / 7.0 * (i % 5 - 2), hex(i * i) FROM n;
CREATE INDEX x ON t (b);
SELECT count(*), sum(b), avg(b), min(b), max(b), total(b * b) FROM t;
SELECT c, round(b, 3), printf('%.12g %e', b, b) FROM t WHERE b > 40 ORDER BY b DESC LIMIT 7;
SELECT a % 10, group_concat(c, ','), sum(sqrt(a)) FROM t WHERE a < 40 GROUP BY 1 ORDER BY 3;
SELECT sin(1), exp(2.5), ln(3), pow(2, 0.3), 1e308 * 10, 1 / 3.0, CAST('1.25e-3' AS REAL), 9007199254740993 + 0.0;
SELECT upper(substr(c, 1, 2)), length(c), abs(-b) FROM t WHERE c LIKE '%39%' LIMIT 5;
`

// textOf is text that compresses, so many bytes of it.
func textOf(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; x = x*1664525 + 1013904223 {
		fmt.Fprintf(&b, "%d the %x and ", x>>24, x>>28)
	}
	return b.String()[:n]
}

// numbersOf are so many numbers, one a line.
func numbersOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%.6g\n", float64(i*7919%1013)/3.7*float64(1+i%3*i))
	}
	return b.String()
}

// TestDebianPrograms compares programs from Debian's sources, which "make programs-fp" compiles, with their native runs.
func TestDebianPrograms(t *testing.T) {
	dir := os.Getenv("TRAPLINE_PROGRAMS")
	if dir == "" {
		t.Skip(`TRAPLINE_PROGRAMS names no folder of programs: "make programs-fp" makes one`)
	}
	data, err := filepath.Abs("testdata/programs")
	require.NoError(t, err)
	for variant := range floatVariants {
		for i, r := range debianRuns {
			t.Run(fmt.Sprintf("%s/%d-%s", variant, i, r.program), func(t *testing.T) {
				t.Parallel()
				args := []string{filepath.Join(dir, variant, r.program)}
				for _, a := range r.args {
					if strings.HasPrefix(a, "testdata/") {
						a = filepath.Join(data, filepath.Base(a))
					}
					args = append(args, a)
				}
				equalNative(t, []string{data}, r.stdin, args...)
			})
		}
	}
}
