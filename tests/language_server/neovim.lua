-- What a person does in Neovim with a mapping that has a mistake; prints what came of it as JSON.
local found = {}

local function wait(what, condition)
  if not vim.wait(20000, condition, 20) then
    found.missed = what
    io.stdout:write(vim.json.encode(found), "\n")
    vim.cmd("cquit 1")
  end
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") .. "\n"
end

local function go(mark, after)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local first, last = line:find(mark, 1, true)
    if first then
      vim.api.nvim_win_set_cursor(0, { number, after and last or first - 1 })
      return
    end
  end
  error("there is no " .. mark)
end

local function errors()
  return vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
end

wait("the server", function() return #vim.lsp.get_clients({ bufnr = 0, name = "mapper" }) == 1 end)
wait("the mistake", function() return #errors() > 0 end)
found.mistake = { code = errors()[1].code, line = errors()[1].lnum, column = errors()[1].col }

go("event_ids")
vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.kind == "quickfix" end })
wait("the fix", function() return not text():find("event_ids", 1, true) end)
wait("no mistake", function() return #errors() == 0 end)
found.fixed = text()

go("context.traits.email")
vim.cmd("normal! ct,context.")
found.typed = vim.api.nvim_get_current_line()
go("context.", true)
local client = vim.lsp.get_clients({ name = "mapper" })[1]
local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
local answer = client.request_sync("textDocument/completion", params, 20000, vim.api.nvim_get_current_buf())
found.completions = vim.tbl_map(function(item) return item.label end, answer.result.items)

vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(vim.trim(found.fixed), "\n"))

go("$email")
vim.lsp.buf.definition()
wait("the definition", function() return vim.api.nvim_get_current_line():find("email: {from", 1, true) ~= nil end)
found.definition = vim.api.nvim_win_get_cursor(0)

vim.lsp.buf.rename("buyer")
wait("the new name", function() return text():find("$buyer", 1, true) ~= nil end)
found.renamed = text()

vim.lsp.inlay_hint.enable(true, { bufnr = 0 })
wait("the values", function() return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0 end)
found.values = vim.tbl_map(function(one) return one.inlay_hint.label end, vim.lsp.inlay_hint.get({ bufnr = 0 }))

vim.cmd("silent write | edit heir.yaml")
wait("the server again", function() return #vim.lsp.get_clients({ bufnr = 0, name = "mapper" }) == 1 end)
go("event_id")
vim.lsp.buf.declaration()
wait("the overridden rule", function() return vim.fn.expand("%:t") == "base.yaml" end)
found.overridden = vim.api.nvim_get_current_line()

io.stdout:write(vim.json.encode(found), "\n")
vim.cmd("qall!")
