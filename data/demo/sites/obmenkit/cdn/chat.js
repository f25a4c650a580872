/* chat widget: draws nothing here */
