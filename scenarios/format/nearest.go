package format

import "strings"

// Nearest finds the candidate that a misspelt word most likely meant, or "".
func Nearest(word string, candidates []string) string {
	best, bestCost := "", len(word)/3+2
	for _, c := range candidates {
		if cost := distance(strings.ToLower(word), c); cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// meant continues a message about an unknown word with the nearest known one.
func meant(word string, candidates []string) string {
	if n := Nearest(word, candidates); n != "" {
		return `"` + n + `" perhaps, or one of ` + strings.Join(candidates, ", ")
	}
	return "one of " + strings.Join(candidates, ", ")
}

// distance is the Levenshtein distance, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
