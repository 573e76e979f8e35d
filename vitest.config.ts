import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/toolchain/globalSetup.ts"],
    setupFiles: ["test/toolchain/seed.ts"],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    pool: "forks",
    // Left to itself it would leave a processor idle, of two that is half.
    maxWorkers: "100%"
  }
})
