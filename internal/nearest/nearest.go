// Package nearest finds the word that a misspelt one most likely meant, for messages.
package nearest

import "strings"

// Word is the candidate that is the fewest changes of a byte away from word, in which upper case counts as lower; ""
// if all are too far away to be meant. Of several as near the first is taken.
func Word(word string, candidates []string) string {
	best, bestCost := "", len(word)/3+2
	for _, c := range candidates {
		if cost := distance(strings.ToLower(word), c); cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
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
